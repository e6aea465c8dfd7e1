import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './processes.ts';
import { randomFrom } from './random.ts';
import type { Listener, Scene } from './scene.ts';
import { notesIn, policyOf, verifyArgs } from './verify.ts';
import { reportFile } from './verify-report.ts';

export interface KilledRun {
  readonly number: number;
  /** When the blow fell, milliseconds after the start. */
  readonly atMs: number;
  readonly wasOn: boolean;
  /** From the blow until CONFIG GET told the old value; absent when it did not within the limit. */
  readonly backMs?: number;
  readonly harm: readonly string[];
}

const LIMIT_MS = 5000;
/** When the blows fall, in turn: at any moment of the first three windows; right behind the change; while it is on. */
const MOMENTS = [
  { behindChange: false, withinMs: 6000 },
  { behindChange: true, withinMs: 30 },
  { behindChange: true, withinMs: 2000 },
] as const;

/**
 * Kills verify with SIGKILL at random moments, also right behind the change, and looks how long the server
 * keeps the value that was tried.
 * @param seed whole number; the same one strikes at the same moments
 */
export async function soakVerify(
  scene: Scene,
  { count, seed, onRun }: { count: number; seed: number; onRun?: (run: KilledRun) => void },
): Promise<KilledRun[]> {
  const random = randomFrom(seed);
  const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'always' } });
  const dir = await scene.folder();
  const report = await reportFile(dir);
  const benchmark = [
    'redis-benchmark',
    '-p',
    String(server.port),
    '-c',
    '1',
    '-l',
    '-q',
    '-r',
    '999',
    '-t',
    'set',
  ];
  scene.spawn(benchmark);
  const state = join(dir, 'state');
  const runs: KilledRun[] = [];
  for (let number = 1; number <= count; number++) {
    const { behindChange, withinMs } = MOMENTS[number % MOMENTS.length]!;
    const end = await kill(scene, server, report, state, random() * withinMs, behindChange);
    const run = { number, ...end };
    runs.push(run);
    onRun?.(run);
  }
  return runs;
}

async function kill(
  scene: Scene,
  server: Listener,
  report: string,
  state: string,
  delayMs: number,
  behindChange: boolean,
): Promise<Omit<KilledRun, 'number'>> {
  const started = performance.now();
  const child = scene.perfcase(verifyArgs(server, report), { env: { PERFCASE_STATE_DIR: state } });
  if (behindChange) {
    await child.prints(/window 1 of/);
    await eventually(async () => (await policyOf(scene, server)) === 'everysec', 60_000);
  }
  await sleep(delayMs);
  const wasOn = (await policyOf(scene, server)) === 'everysec';
  const blowMs = performance.now();
  await child.kill('SIGKILL');
  const isBack = await eventually(async () => (await policyOf(scene, server)) === 'always', LIMIT_MS);
  const backMs = Math.round(performance.now() - blowMs);
  const harm: string[] = [];
  if (!isBack) harm.push(`appendfsync is ${await policyOf(scene, server)} after ${LIMIT_MS} ms`);
  // It must also stay so: nothing that was under way may come later.
  if (!(await eventually(() => child.family().length === 0, LIMIT_MS))) harm.push('its watchdog still runs');
  if ((await policyOf(scene, server)) !== 'always') harm.push('the value was changed again');
  for (const note of notesIn(state)) harm.push(`left behind: ${note}`);
  return { atMs: Math.round(blowMs - started), wasOn, ...(isBack ? { backMs } : {}), harm };
}
