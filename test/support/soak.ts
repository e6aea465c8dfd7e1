import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, harmTo } from './processes.ts';
import { randomFrom } from './random.ts';
import type { Child, Listener, Scene } from './scene.ts';

/** How an interrupted diagnosis is interrupted: which signal, to whom. */
const BLOWS = [
  { name: 'SIGINT to perfcase', signal: 'SIGINT', victim: undefined },
  { name: 'SIGTERM to perfcase', signal: 'SIGTERM', victim: undefined },
  { name: 'SIGKILL to perfcase', signal: 'SIGKILL', victim: undefined },
  { name: 'SIGKILL to strace', signal: 'SIGKILL', victim: 'strace' },
  { name: 'SIGKILL to timeout', signal: 'SIGKILL', victim: 'timeout' },
  { name: 'SIGTERM to strace', signal: 'SIGTERM', victim: 'strace' },
] as const;
type Blow = (typeof BLOWS)[number];

const UNDISTURBED = 'none';
/** Starting, asking the server and judging come on top of the window. */
const BEYOND_WINDOW_MS = 1200;

export interface SoakRequest {
  readonly count: number;
  /** Whole number; the same seed strikes at the same moments in the same order. */
  readonly seed: number;
  /** Seconds, as --duration takes them. */
  readonly windowSeconds: number;
  /** As --tracer takes it; without strace, the blows at strace come too late. */
  readonly tracer?: string;
  readonly onRound?: (round: Round) => void;
}

export interface Round {
  readonly number: number;
  /** The blow, or "none". */
  readonly blow: string;
  /** When it fell, milliseconds after the start; absent when it came too late, or there was none. */
  readonly atMs?: number;
  /** Exit code, or the signal that ended it. */
  readonly end: string;
  /** What was not as it should be; empty when no harm was done. */
  readonly harm: readonly string[];
}

/**
 * Diagnoses a live redis-server under load again and again. Every third diagnosis is interrupted at a random moment.
 * After each it is looked whether the server and its client run untraced, the server answers, and nothing stayed.
 */
export async function soak(scene: Scene, request: SoakRequest): Promise<Round[]> {
  const random = randomFrom(request.seed);
  const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'always' } });
  const app = await scene.app(server);
  await scene.get(app, '/init/300');
  scene.load(app, '/get_cache');
  const rounds: Round[] = [];
  let order: Blow[] = [];
  for (let number = 1; number <= request.count; number++) {
    const isStruck = number % 3 === 0;
    if (isStruck && order.length === 0) order = shuffled(BLOWS, random);
    const blow = isStruck ? order.pop() : undefined;
    const delayMs = random() * (request.windowSeconds * 1000 + BEYOND_WINDOW_MS);
    const round = { number, ...(await play(scene, request, server, app, blow, delayMs)) };
    rounds.push(round);
    request.onRound?.(round);
  }
  return rounds;
}

async function play(
  scene: Scene,
  { windowSeconds, tracer = 'strace' }: SoakRequest,
  server: Listener,
  app: Listener,
  blow: Blow | undefined,
  delayMs: number,
): Promise<Omit<Round, 'number'>> {
  const temp = await scene.temp();
  const args = [
    'diagnose',
    '--pid',
    String(server.pid),
    '--duration',
    `${windowSeconds}s`,
    '--tracer',
    tracer,
    '--format',
    'json',
  ];
  const started = performance.now();
  const child = scene.perfcase(args, { env: temp.env });
  const atMs = blow && (await strike(child, blow, started, delayMs));
  const { code, signal, stderr } = await child.finished;
  const harm: string[] = [];
  const isKilled = signal !== null && blow !== undefined && atMs !== undefined;
  if (!isKilled && (code === null || ![0, 3, 4].includes(code)))
    harm.push(`perfcase ended with ${code ?? signal}`);
  if (/internal error|^\s+at /m.test(stderr)) harm.push(`perfcase said: ${stderr.trim()}`);
  await eventually(() => child.family().length === 0, 5000);
  for (const line of child.family()) harm.push(`still runs: ${line}`);
  for (const [name, pid] of [
    ['the server', server.pid],
    ['its client', app.pid],
  ] as const) {
    await eventually(() => harmTo(pid) === undefined, 1000);
    const what = harmTo(pid);
    if (what !== undefined) harm.push(`${name} ${what}`);
  }
  const pong = await scene.cli(server, ['ping']);
  if (pong !== 'PONG') harm.push(`the server answered PING with "${pong}"`);
  for (const name of await temp.left()) harm.push(`left behind: ${name}`);
  return {
    blow: blow?.name ?? UNDISTURBED,
    ...(atMs === undefined ? {} : { atMs: Math.round(atMs) }),
    end: signal ?? String(code),
    harm,
  };
}

/** @returns when it struck; undefined when the victim had ended by then */
async function strike(
  child: Child,
  blow: Blow,
  started: number,
  delayMs: number,
): Promise<number | undefined> {
  let pid: number | undefined = child.pid;
  if (blow.victim !== undefined) {
    const find = () => memberOf(child, blow.victim!);
    await eventually(() => child.isOver || find() !== undefined, 60_000);
    // Strace lives for a part of the window only; its moment is counted from its own start.
    await sleep(delayMs / 3);
    pid = find();
  } else await sleep(Math.max(0, started + delayMs - performance.now()));
  if (child.isOver || pid === undefined) return undefined;
  try {
    process.kill(pid, blow.signal);
  } catch {
    return undefined;
  }
  return performance.now() - started;
}

/** A descendant of a run, by the name of its program. */
export function memberOf(child: Child, program: string): number | undefined {
  const line = child.family().find((each) => each.split(' ')[1]?.split('/').at(-1) === program);
  return line === undefined ? undefined : Number(line.split(' ')[0]);
}

/** Counts by kind of interruption, as a table of at most 80 columns. */
export function soakTable(rounds: readonly Round[]): string {
  const names = [UNDISTURBED, ...BLOWS.map(({ name }) => name)];
  const rows = names.flatMap((name) => {
    const these = rounds.filter(({ blow }) => blow === name);
    if (these.length === 0) return [];
    const kinds = [...new Set(these.map(({ end }) => end))].sort();
    const ends = kinds.map((kind) => `${kind} (${these.filter(({ end }) => end === kind).length})`);
    const late = these.filter(({ blow, atMs }) => blow !== UNDISTURBED && atMs === undefined).length;
    return [[name, these.length, late, these.filter(({ harm }) => harm.length > 0).length, ends.join(' ')]];
  });
  const total = rounds.filter(({ harm }) => harm.length > 0).length;
  return [
    ['interrupted by', 'runs', 'late', 'harm', 'ended with (times)'],
    ...rows,
    ['all', rounds.length, '', total, ''],
  ]
    .map(([name, runs, late, harm, ends]) =>
      `${String(name).padEnd(22)}${String(runs).padStart(5)}${String(late).padStart(6)}${String(harm).padStart(6)}   ${ends}`.trimEnd(),
    )
    .join('\n');
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
