import { quantile } from '../../src/core/units.ts';
import type { Listener, Scene } from '../../test/support/scene.ts';
import { fill } from './kv-fill.ts';
import { cpuSeconds, NAMES, type Name, type Pair, startPair } from './kv-pair.ts';
import type { Table } from './table.ts';

const CLIENTS = 50;
const KEYS = 100_000;

interface Load {
  readonly command: 'GET' | 'SET';
  readonly bytes: number;
  readonly pipeline: number;
  /** With the append-only file; without it when absent. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
}

const COMMANDS = ['GET', 'SET'] as const;
const SIZES = [3, 1024];
const PIPELINES = [1, 16];
const POLICIES = ['always', 'everysec', 'no'] as const;

const LOADS: readonly Load[] = [
  ...COMMANDS.flatMap((command) =>
    SIZES.flatMap((bytes) => PIPELINES.map((pipeline): Load => ({ command, bytes, pipeline }))),
  ),
  ...POLICIES.flatMap((appendfsync) =>
    SIZES.flatMap((bytes) =>
      PIPELINES.map((pipeline): Load => ({ command: 'SET', bytes, pipeline, appendfsync })),
    ),
  ),
];

interface Sample {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of the server's CPU that one request took. */
  readonly cpuUs: number;
}

export interface ThroughputOptions {
  readonly rounds: number;
  /** How long one run of redis-benchmark is meant to take. */
  readonly runSeconds: number;
  /** Only loads whose title holds this. */
  readonly only?: string | undefined;
  readonly say: (line: string) => void;
}

/** Requests a second of the bundled server beside a redis-server, each load on both in turn, in one run. */
export async function throughputTable(options: ThroughputOptions): Promise<Table> {
  const rows: string[][] = [];
  for (const append of [false, true]) {
    const loads = LOADS.filter(
      (load) => (load.appendfsync !== undefined) === append && title(load).includes(options.only ?? ''),
    );
    if (loads.length === 0) continue;
    const pair = await startPair({ appendonly: append ? 'yes' : 'no', 'auto-aof-rewrite-percentage': '0' });
    try {
      for (const load of loads) {
        options.say(title(load));
        rows.push([title(load), ...cells(await compare(pair, load, options))]);
      }
    } finally {
      await pair.scene.close();
    }
  }
  return {
    title: 'The bundled server beside redis-server: requests a second, and CPU of the server for one request',
    head: ['command, value, pipeline', 'redis-server', 'perfcase kv', 'ratio', 'µs', 'µs', 'CPU ratio'],
    rows,
    notes: [
      `redis-benchmark, ${CLIENTS} clients, ${KEYS} keys; medians of ${options.rounds} rounds, in each of which both`,
      'servers run in turn. Ratios: medians of the rounds, perfcase kv ÷ redis-server for the rates and',
      'redis-server ÷ perfcase kv for the CPU, so that more is better. Goals for the rates: 0.9, pipelined 0.75.',
    ],
  };
}

function title({ command, bytes, pipeline, appendfsync }: Load): string {
  const file = appendfsync === undefined ? '' : `, ${appendfsync}`;
  return `${command} ${bytes === 1024 ? '1 KB' : `${bytes} B`}, ${pipeline}${file}`;
}

type Samples = Readonly<Record<Name, Sample[]>>;

async function compare(
  { scene, servers }: Pair,
  load: Load,
  { rounds, runSeconds }: ThroughputOptions,
): Promise<Samples> {
  for (const name of NAMES) {
    if (load.appendfsync) await scene.cli(servers[name], ['CONFIG', 'SET', 'appendfsync', load.appendfsync]);
    // GET shall find keys; SET replaces them, so that all rounds find the same.
    await fill(servers[name].port, KEYS, load.bytes);
  }
  const samples = { 'redis-server': [] as Sample[], 'perfcase kv': [] as Sample[] };
  const requests = { 'redis-server': 20_000, 'perfcase kv': 20_000 };
  // The first round only tells how many requests fill a run, and warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
      const sample = await measure(scene, servers[name], load, requests[name]);
      requests[name] = Math.ceil(sample.rate * runSeconds);
      if (round > 0) samples[name].push(sample);
    }
  }
  return samples;
}

async function measure(scene: Scene, server: Listener, load: Load, requests: number): Promise<Sample> {
  const before = cpuSeconds(server.pid);
  const { stdout, stderr } = await scene.spawn([
    ...['timeout', '120', 'redis-benchmark', '-p', String(server.port), '-t', load.command.toLowerCase()],
    ...['--csv', '-c', String(CLIENTS), '-n', String(requests), '-r', String(KEYS)],
    ...['-d', String(load.bytes), '-P', String(load.pipeline)],
  ]).finished;
  const cpu = cpuSeconds(server.pid) - before;
  const rate = Number(new RegExp(`^"${load.command}[^"]*","([\\d.]+)"`, 'm').exec(stdout)?.[1]);
  if (!(rate > 0)) throw new Error(`redis-benchmark printed no rate: ${stdout}${stderr}`);
  return { rate, cpuUs: (cpu * 1e6) / requests };
}

function cells(samples: Samples): string[] {
  const [redis, kv] = [samples['redis-server'], samples['perfcase kv']];
  const median = (of: readonly number[]) => quantile([...of], 0.5)!;
  return [
    Math.round(median(redis.map(({ rate }) => rate))).toLocaleString('en'),
    Math.round(median(kv.map(({ rate }) => rate))).toLocaleString('en'),
    median(redis.map(({ rate }, round) => kv[round]!.rate / rate)).toFixed(2),
    median(redis.map(({ cpuUs }) => cpuUs)).toFixed(1),
    median(kv.map(({ cpuUs }) => cpuUs)).toFixed(1),
    median(redis.map(({ cpuUs }, round) => cpuUs / kv[round]!.cpuUs)).toFixed(2),
  ];
}
