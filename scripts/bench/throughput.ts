import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../src/core/units.ts';
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
const ROUNDS = 5;
/** How long one run of redis-benchmark is meant to take. */
const RUN_SECONDS = 0.5;
const FIRST_REQUESTS = 1500;

/** What a server still does while each tracer watches it, as perfcase attaches it, beside what it does alone. */
export async function throughputTable(say: (line: string) => void): Promise<Table> {
  const rows: string[][] = [];
  for (const name of ['redis-server', 'perfcase kv'] as const) {
    const scene = new Scene();
    try {
      const directives = { appendonly: 'yes' };
      const server =
        name === 'redis-server' ? await scene.redis({ directives }) : await scene.kv({ directives });
      for (const load of LOADS) {
        const title = `${load.clients} × ${load.command}, ${load.appendfsync}`;
        say(`${name}: ${title}`);
        const { alone, kept } = await compare(scene, server, load);
        rows.push([`${name}, ${title}`, rate(alone), ...TRACERS.map((tracer) => percent(kept[tracer]))]);
      }
    } finally {
      await scene.close();
    }
  }
  return {
    title: 'Requests a second that the server keeps while a tracer watches it',
    head: ['clients × command, appendfsync', 'alone', ...TRACERS],
    rows,
    notes: [
      `redis-benchmark, not pipelined, on this machine's disk; medians of ${ROUNDS} rounds, in each of which`,
      'the server runs alone and under each tracer. Of a window of 10 s the tracer is attached for 7 s.',
    ],
  };
}

async function compare(
  scene: Scene,
  server: Listener,
  load: Load,
): Promise<{ alone: number; kept: Readonly<Record<TracerName, number | undefined>> }> {
  await scene.cli(server, ['CONFIG', 'SET', 'appendfsync', load.appendfsync]);
  const alone: number[] = [];
  const kept: Record<TracerName, number[]> = { bpf: [], strace: [] };
  const requests = { alone: FIRST_REQUESTS, bpf: FIRST_REQUESTS, strace: FIRST_REQUESTS };
  // The first round only tells how many requests fill a run.
  for (let round = 0; round <= ROUNDS; round++) {
    const free = await benchmark(scene, server, load, requests.alone);
    requests.alone = Math.ceil(free * RUN_SECONDS);
    if (round > 0) alone.push(free);
    for (const tracer of TRACERS) {
      const traced = await under(tracer, server.pid, () => benchmark(scene, server, load, requests[tracer]));
      if (traced === undefined) continue;
      requests[tracer] = Math.ceil(traced * RUN_SECONDS);
      if (round > 0) kept[tracer].push(traced / free);
    }
  }
  return {
    alone: quantile(alone, 0.5)!,
    kept: { bpf: quantile(kept.bpf, 0.5), strace: quantile(kept.strace, 0.5) },
  };
}

/** @returns requests a second */
async function benchmark(scene: Scene, server: Listener, load: Load, requests: number): Promise<number> {
  const { stdout, stderr } = await scene.spawn([
    ...['redis-benchmark', '-p', String(server.port), '-t', load.command.toLowerCase(), '--csv'],
    // Without a range of its own SADD repeats one member, and nothing is written.
    ...['-c', String(load.clients), '-n', String(requests), '-r', '100000000'],
  ]).finished;
  const perSecond = Number(new RegExp(`^"${load.command}[^"]*","([\\d.]+)"`, 'm').exec(stdout)?.[1]);
  if (!(perSecond > 0)) throw new Error(`redis-benchmark printed no rate: ${stdout}${stderr}`);
  return perSecond;
}

/** Runs something while a tracer is attached; undefined where that tracer does not work. */
async function under<T>(tracer: TracerName, pid: number, run: () => Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  let attached = () => {};
  const isAttached = new Promise<boolean>((resolve) => {
    attached = () => resolve(true);
  });
  const trace = traceCalls(
    tracer,
    { pids: [pid], durationMs: 60_000, signal: over.signal, onAttached: attached },
    () => undefined,
  );
  try {
    const works = await Promise.race([isAttached, trace.then(() => false)]);
    if (!works) return undefined;
    await sleep(50);
    return await run();
  } finally {
    over.abort();
    await trace;
  }
}

function rate(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en');
}

function percent(part: number | undefined): string {
  return part === undefined ? 'n/a' : `${Math.round(part * 100)} %`;
}
