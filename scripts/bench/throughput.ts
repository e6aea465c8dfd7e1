import { setTimeout as sleep } from 'node:timers/promises';
import { Budget, MAX_OVERHEAD } from '../../src/capture/overhead.ts';
import { traceWindows } from '../../src/capture/windows.ts';
import { quantile, significant } from '../../src/core/units.ts';
import { TRACERS, type TracerName, traceCalls } from '../../src/tracers/ladder.ts';
import { type Listener, Scene } from '../../test/support/scene.ts';
import type { Table } from './table.ts';

interface Load {
  readonly command: 'SADD' | 'GET';
  readonly clients: number;
  readonly appendfsync: 'always' | 'everysec';
}

const LOADS: readonly Load[] = [
  { command: 'SADD', clients: 16, appendfsync: 'always' },
  { command: 'GET', clients: 16, appendfsync: 'everysec' },
  { command: 'SADD', clients: 1, appendfsync: 'always' },
  { command: 'GET', clients: 1, appendfsync: 'everysec' },
];
/** How long one run of redis-benchmark is meant to take. */
const RUN_SECONDS = 0.5;
const FIRST_REQUESTS = 1500;
/** So many that no run ends the window. */
const MAX_CALLS = 5_000_000;
/** Tracers look whether they may go on more often than this, as long as there are calls. */
const LAST_LOOK_MS = 500;
/** How `diagnose` watches: with the first of the tracers and its default budget. */
const BUDGETED = 'bpf, budget 5 %';
/** A run within the budget: as long as a short diagnosis, so that it holds the windows and the rests between them. */
const BUDGETED_SECONDS = 3;
/** The CPU that a server shares with its only client. */
const ONE_CPU = '1';

type Watcher = TracerName | typeof BUDGETED;

export interface ThroughputOptions {
  readonly rounds: number;
  readonly tracers: readonly TracerName[];
  /** Only loads whose title holds this. */
  readonly rows: string;
}

/** One run: requests a second, and how many calls the tracer noted for how many requests. */
interface Run {
  readonly perSecond: number;
  readonly requests: number;
  readonly calls: number;
}

/** What one load came to under one tracer: parts of the throughput kept, microseconds added to each noted call. */
interface Kept {
  readonly part: number | undefined;
  readonly addedUs: number | undefined;
}

/**
 * What a server still does while each tracer watches it, as perfcase attaches it, beside what it does alone; and what
 * that comes to for each call. Interleaved: each round holds every variant once.
 */
export async function throughputTables(
  say: (line: string) => void,
  { rounds = 5, tracers = TRACERS, rows = '' }: Partial<ThroughputOptions> = {},
): Promise<[Table, Table]> {
  // Other tracers within a budget say nothing about bpf.
  const watchers: readonly Watcher[] = tracers.flatMap((tracer): Watcher[] =>
    tracer === 'bpf' ? [tracer, BUDGETED] : [tracer],
  );
  const kept: string[][] = [];
  const added: string[][] = [];
  for (const name of ['redis-server', 'perfcase kv'] as const) {
    const titled = LOADS.map((load) => ({
      ...{ load, title: `${name}, ${load.clients} × ${load.command}, ${load.appendfsync}` },
    })).filter(({ title }) => title.includes(rows));
    if (titled.length === 0) continue;
    const scene = new Scene();
    try {
      const directives = { appendonly: 'yes' };
      const server =
        name === 'redis-server' ? await scene.redis({ directives }) : await scene.kv({ directives });
      for (const { load, title } of titled) {
        say(title);
        const { alone, under } = await compare(scene, server, load, { rounds, watchers });
        kept.push([title, rate(alone), ...watchers.map((watcher) => percent(under.get(watcher)?.part))]);
        added.push([title, ...tracers.map((tracer) => microseconds(under.get(tracer)?.addedUs))]);
      }
    } finally {
      await scene.close();
    }
  }
  const head = 'clients × command, appendfsync';
  return [
    {
      title: 'Requests a second that the server keeps while a tracer is attached',
      head: [head, 'alone', ...watchers],
      rows: kept,
      notes: [
        `redis-benchmark, not pipelined, on this machine's disk; medians of ${rounds} rounds, in each of which`,
        'the server runs alone before and after each tracer. A server with one client shares one CPU with it: they take',
        'turns, and on two CPUs the time of a round trip depends on where the kernel wakes them. Watched all the',
        `time, without a budget, except under "${BUDGETED}": there as diagnose does it, over ${BUDGETED_SECONDS} s.`,
      ],
    },
    {
      title: 'What a tracer adds for each call that it notes, in microseconds',
      head: [head, ...tracers],
      rows: added,
      notes: ['From the same runs: the time that the requests took longer, divided by the calls in the log.'],
    },
  ];
}

async function compare(
  scene: Scene,
  server: Listener,
  load: Load,
  { rounds, watchers }: { rounds: number; watchers: readonly Watcher[] },
): Promise<{ alone: number; under: ReadonlyMap<Watcher, Kept> }> {
  await scene.cli(server, ['CONFIG', 'SET', 'appendfsync', load.appendfsync]);
  if (load.clients === 1) await scene.spawn(['taskset', '-acp', ONE_CPU, String(server.pid)]).finished;
  const alone: number[] = [];
  const parts = new Map(watchers.map((watcher) => [watcher, [] as number[]]));
  const added = new Map(watchers.map((watcher) => [watcher, [] as number[]]));
  const requests = new Map<Watcher | 'alone', number>();
  const next = (who: Watcher | 'alone') => requests.get(who) ?? FIRST_REQUESTS;
  const runAlone = async (round: number) => {
    const perSecond = await benchmark(scene, server, load, next('alone'));
    requests.set('alone', Math.ceil(perSecond * RUN_SECONDS));
    if (round > 0) alone.push(perSecond);
    return perSecond;
  };
  // The first round only tells how many requests fill a run.
  for (let round = 0; round <= rounds; round++) {
    let before = await runAlone(round);
    for (const watcher of watchers) {
      const run = await runUnder(watcher, server.pid, next(watcher), (count) =>
        benchmark(scene, server, load, count),
      );
      if (run === undefined) continue;
      const seconds = watcher === BUDGETED ? BUDGETED_SECONDS : RUN_SECONDS;
      requests.set(watcher, Math.ceil(run.perSecond * seconds));
      const after = await runAlone(round);
      // The machine's own speed drifts within a round.
      const free = (before + after) / 2;
      before = after;
      if (round === 0) continue;
      parts.get(watcher)!.push(run.perSecond / free);
      const longerUs = (1 / run.perSecond - 1 / free) * run.requests * 1e6;
      added.get(watcher)!.push(longerUs / Math.max(1, run.calls));
    }
  }
  const median = (values: readonly number[] | undefined) => quantile(values ?? [], 0.5);
  return {
    alone: median(alone)!,
    under: new Map(
      watchers.map((watcher) => [
        watcher,
        { part: median(parts.get(watcher)), addedUs: median(added.get(watcher)) },
      ]),
    ),
  };
}

/** @returns requests a second */
async function benchmark(scene: Scene, server: Listener, load: Load, requests: number): Promise<number> {
  const { stdout, stderr } = await scene.spawn([
    ...(load.clients === 1 ? ['taskset', '-c', ONE_CPU] : []),
    ...['redis-benchmark', '-p', String(server.port), '-t', load.command.toLowerCase(), '--csv'],
    // Without a range of its own SADD repeats one member, and nothing is written.
    ...['-c', String(load.clients), '-n', String(requests), '-r', '100000000'],
  ]).finished;
  const perSecond = Number(new RegExp(`^"${load.command}[^"]*","([\\d.]+)"`, 'm').exec(stdout)?.[1]);
  if (!(perSecond > 0)) throw new Error(`redis-benchmark printed no rate: ${stdout}${stderr}`);
  return perSecond;
}

/** A run while a tracer is attached; undefined where that tracer does not work. */
async function runUnder(
  watcher: Watcher,
  pid: number,
  requests: number,
  run: (requests: number) => Promise<number>,
): Promise<Run | undefined> {
  if (watcher === BUDGETED) return runWithin(pid, requests, run);
  const over = new AbortController();
  let isDone = false;
  let attached = () => {};
  const isAttached = new Promise<boolean>((resolve) => {
    attached = () => resolve(true);
  });
  const trace = traceCalls(
    watcher,
    {
      ...{ pids: [pid], durationMs: 60_000, maxCalls: MAX_CALLS, signal: over.signal, onAttached: attached },
      isSpent: () => isDone,
    },
    () => undefined,
  );
  let perSecond: number;
  try {
    const works = await Promise.race([isAttached, trace.then(() => false)]);
    if (!works) return undefined;
    await sleep(50);
    perSecond = await run(requests);
    // A window that ends by itself gives all that it saw; one that is broken off need not.
    isDone = true;
    await Promise.race([trace, sleep(LAST_LOOK_MS)]);
  } finally {
    over.abort();
    await trace;
  }
  const capture = await trace;
  return { perSecond, requests, calls: capture.status === 'captured' ? countLines(capture.text) : 0 };
}

/** A run while the server is watched as long as the default budget bears; undefined where bpf does not work. */
async function runWithin(
  pid: number,
  requests: number,
  run: (requests: number) => Promise<number>,
): Promise<Run | undefined> {
  const over = new AbortController();
  const durationMs = BUDGETED_SECONDS * 1000;
  const terms = { maxOverhead: MAX_OVERHEAD, diagnosisMs: durationMs, spanMs: durationMs };
  const windows = traceWindows({
    ...{ tracer: 'bpf', target: pid, isAlive: () => true, clients: [], durationMs, signal: over.signal },
    budget: new Budget({ ...terms, now: () => performance.now() }),
    onFallback: () => undefined,
  });
  try {
    const perSecond = await run(requests);
    over.abort();
    const watched = await windows;
    return 'status' in watched ? undefined : { perSecond, requests, calls: watched.calls };
  } finally {
    over.abort();
    await windows;
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function rate(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en');
}

function percent(part: number | undefined): string {
  return part === undefined ? 'n/a' : `${Math.round(part * 100)} %`;
}

function microseconds(us: number | undefined): string {
  return us === undefined ? 'n/a' : significant(Number(us.toPrecision(2)));
}
