import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../src/core/units.ts';
import { straceProbe } from '../../src/probes/strace.ts';
import { startBackground } from '../../src/runners/background.ts';
import { guarded } from '../../src/runners/guarded.ts';
import { eventually, healthOf } from '../../test/support/processes.ts';
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
const PAIRS = 5;
/** How long one run of redis-benchmark is meant to take. */
const RUN_SECONDS = 0.5;
const FIRST_REQUESTS = 1500;

/** What a server still does while strace watches it, as perfcase attaches it, beside what it does alone. */
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
        const { alone, watched, kept } = await compare(scene, server, load);
        rows.push([`${name}, ${title}`, rate(alone), rate(watched), `${Math.round(kept * 100)} %`]);
      }
    } finally {
      await scene.close();
    }
  }
  return {
    title: 'Requests a second that the server keeps while strace watches it',
    head: ['clients × command, appendfsync', 'alone', 'watched', 'kept'],
    rows,
    notes: [
      `redis-benchmark, not pipelined, on this machine's disk; medians of ${PAIRS} pairs, one run alone`,
      'and one watched. Of a window of 10 s strace is attached for 7 s.',
    ],
  };
}

async function compare(
  scene: Scene,
  server: Listener,
  load: Load,
): Promise<{ alone: number; watched: number; kept: number }> {
  await scene.cli(server, ['CONFIG', 'SET', 'appendfsync', load.appendfsync]);
  const alone: number[] = [];
  const watched: number[] = [];
  let requests = { alone: FIRST_REQUESTS, watched: FIRST_REQUESTS };
  // The first pair only tells how many requests fill a run.
  for (let pair = 0; pair <= PAIRS; pair++) {
    const free = await benchmark(scene, server, load, requests.alone);
    const traced = await underStrace(server.pid, () => benchmark(scene, server, load, requests.watched));
    requests = { alone: Math.ceil(free * RUN_SECONDS), watched: Math.ceil(traced * RUN_SECONDS) };
    if (pair === 0) continue;
    alone.push(free);
    watched.push(traced);
  }
  return {
    alone: quantile(alone, 0.5)!,
    watched: quantile(watched, 0.5)!,
    kept: quantile(
      watched.map((value, at) => value / alone[at]!),
      0.5,
    )!,
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

async function underStrace<T>(pid: number, run: () => Promise<T>): Promise<T> {
  let bytes = 0;
  const strace = startBackground(
    guarded(straceProbe.command({ pids: [pid], timeoutMs: 60_000 })),
    (chunk) => {
      bytes += chunk.length;
    },
  );
  try {
    if (!(await eventually(() => (healthOf(pid)?.tracers.length ?? 0) > 0)))
      throw new Error('strace did not attach');
    await sleep(50);
    const result = await run();
    if (bytes === 0) throw new Error('strace saw nothing');
    return result;
  } finally {
    strace.stop();
    await strace.ended;
  }
}

function rate(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en');
}
