import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordingNote } from '../../src/recording/judge.ts';
import { eventually, harmTo } from './processes.ts';
import { randomFrom } from './random.ts';
import type { Child, Listener, Scene } from './scene.ts';

/** What a recording that was interrupted turned out to be. */
export type Outcome = 'complete' | 'incomplete' | 'nothing written' | 'unreadable';
const OUTCOMES: readonly Outcome[] = ['complete', 'incomplete', 'nothing written', 'unreadable'];

/** At any moment of the run, or while the file grows at its end. */
const MOMENTS = ['at any moment', 'while it writes'] as const;
const BLOWS = ['SIGKILL', 'SIGKILL', 'SIGINT', 'SIGTERM'] as const;
const TRACERS = ['auto', 'strace'] as const;

export interface RecordingRound {
  readonly number: number;
  readonly blow: (typeof BLOWS)[number];
  readonly moment: (typeof MOMENTS)[number];
  readonly tracer: (typeof TRACERS)[number];
  readonly outcome: Outcome;
  readonly bytes: number;
  /** What was not as it should be; empty when no harm was done. */
  readonly harm: readonly string[];
}

export interface SoakRequest {
  readonly count: number;
  /** Whole number; the same seed strikes in the same ways in the same order. */
  readonly seed: number;
  readonly onRound?: (round: RecordingRound) => void;
}

/** The window, and what comes before and after it on a busy machine. */
const WINDOW_SECONDS = 2;
const RUN_MS = 4500;

/**
 * Records a live redis-server under load again and again, and kills perfcase each time at a random moment. After each
 * it is looked what the file is worth, and whether the server and its client run untraced.
 */
export async function soakRecordings(scene: Scene, request: SoakRequest): Promise<RecordingRound[]> {
  const random = randomFrom(request.seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'always' } });
  const app = await scene.app(server);
  await scene.get(app, '/init/300');
  scene.load(app, '/get_cache');
  const folder = await scene.folder();
  const rounds: RecordingRound[] = [];
  for (let number = 1; number <= request.count; number++) {
    const plan = { number, blow: pick(BLOWS), moment: pick(MOMENTS), tracer: pick(TRACERS) };
    const file = join(folder, `${number}.perfcase`);
    const harm = await interrupted(scene, { ...plan, file, random, server, app });
    const { outcome, bytes } = await worthOf(scene, file);
    if (outcome === 'unreadable') harm.push('the file is neither readable nor marked incomplete');
    const round = { ...plan, outcome, bytes, harm };
    rounds.push(round);
    request.onRound?.(round);
  }
  return rounds;
}

interface Plan extends Pick<RecordingRound, 'blow' | 'moment' | 'tracer'> {
  readonly file: string;
  readonly random: () => number;
  readonly server: Listener;
  readonly app: Listener;
}

async function interrupted(scene: Scene, plan: Plan): Promise<string[]> {
  const { file, server, app, blow } = plan;
  const temp = await scene.temp();
  const watch = ['--pid', String(server.pid), '--duration', `${WINDOW_SECONDS}s`, '--tracer', plan.tracer];
  const args = ['record', ...watch, '--max-overhead', '100%', '--output', file];
  const child = scene.perfcase(args, { env: temp.env });
  await moment(child, plan);
  const { stderr } = await child.kill(blow);
  const harm: string[] = [];
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
  return harm;
}

async function moment(child: Child, { moment: when, file, random }: Plan): Promise<void> {
  if (when === 'at any moment') {
    await sleep(random() * RUN_MS);
    return;
  }
  await eventually(() => child.isOver || /perfcase: tracing/.test(child.stderr), 60_000);
  const before = await sizeOf(file);
  await eventually(async () => child.isOver || (await sizeOf(file)) > before, 60_000);
  await sleep(random() * 60);
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** What `perfcase analyze` makes of the file. */
async function worthOf(scene: Scene, file: string): Promise<Pick<RecordingRound, 'outcome' | 'bytes'>> {
  const bytes = await sizeOf(file);
  const { code, stdout, stderr } = await scene.perfcase(['analyze', file, '--format', 'json']).finished;
  if (bytes === 0) return { outcome: 'nothing written', bytes };
  if (code === 4 && /was cut before its first part/.test(stderr)) return { outcome: 'incomplete', bytes };
  if (![0, 3, 4].includes(code ?? -1)) return { outcome: 'unreadable', bytes };
  const { recording } = JSON.parse(stdout) as { recording: RecordingNote };
  if (recording.complete) return { outcome: 'complete', bytes };
  return { outcome: /is incomplete: it ended before/.test(stderr) ? 'incomplete' : 'unreadable', bytes };
}

/** Counts by kind of interruption, as a table of at most 80 columns. */
export function soakTable(rounds: readonly RecordingRound[]): string {
  const line = (name: string, of: readonly RecordingRound[]) => [
    name,
    of.length,
    ...OUTCOMES.map((outcome) => of.filter((round) => round.outcome === outcome).length),
    of.filter(({ harm }) => harm.length > 0).length,
  ];
  const rows = [...new Set(BLOWS)].flatMap((blow) =>
    MOMENTS.map((when) =>
      line(
        `${blow} ${when}`,
        rounds.filter((round) => round.blow === blow && round.moment === when),
      ),
    ),
  );
  return [
    ['interrupted by', 'runs', 'complete', 'incomplete', 'nothing', 'unreadable', 'harm'],
    ...rows,
    line('all', rounds),
  ]
    .map(
      ([name, ...counts]) =>
        String(name).padEnd(24) + counts.map((count) => String(count).padStart(11)).join(''),
    )
    .map((text) => text.replaceAll(/ {2}(?= {7}\S)/g, ' '))
    .join('\n');
}
