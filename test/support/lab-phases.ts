import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith, tracesOf } from './lab-traces.ts';
import { eventually } from './processes.ts';
import { type Child, Scene } from './scene.ts';

/** Where a replay is when it has printed this. */
export const PHASES = {
  'disk creation': /perfcase: making a slow disk/,
  'server start': /perfcase: starting the server/,
  fill: /perfcase: filling/,
  measure: /perfcase: timing/,
  diagnose: /perfcase: tracing/,
  fix: /perfcase: tracing[\s\S]*perfcase: timing/,
  teardown: /perfcase: cleaning up/,
} as const;
export type Phase = keyof typeof PHASES;
export const PHASE_NAMES = Object.keys(PHASES) as Phase[];

/** What happens to it then; "crash" is SIGKILL for perfcase and for the guard that would clean up after it. */
export const BLOWS = ['SIGINT', 'SIGTERM', 'SIGKILL', 'crash'] as const;
export type Blow = (typeof BLOWS)[number];

export interface Struck {
  readonly phase: Phase;
  readonly topology: string;
  readonly blow: Blow;
  /** What was still there in the end; empty when all is well. */
  readonly left: readonly string[];
  /** From the blow until nothing was left, or until nobody would wait any longer. */
  readonly cleanMs: number;
}

const REPLAY = ['replay', 'redis-slow', '--keys', '30', '--duration', '3s'];
/** A moment later than the line, so that the step which it announces is under way. */
const INTO_PHASE_MS = 30;
const CLEAN_MS = 15_000;
const PRINT_MS = 120_000;

/** Plays the case and strikes it down in that phase. Then one `perfcase disk destroy` has to remove what is left. */
export async function strike(phase: Phase, topology: string, blow: Blow): Promise<Struck> {
  const scene = new Scene();
  try {
    const folder = await scene.folder();
    const state = join(folder, 'state');
    const temp = await scene.temp();
    const env = { PERFCASE_STATE_DIR: state, ...temp.env };
    const destroyAll = () => scene.perfcase(['disk', 'destroy', '--all'], { env }).finished;
    scene.defer(destroyAll);
    const child = scene.perfcase([...REPLAY, '--disk', 'hdd', '--topology', topology], { env, group: true });
    await child.prints(PHASES[phase], PRINT_MS);
    await sleep(INTO_PHASE_MS);
    const from = performance.now();
    await land(blow, child);
    const left = () => tracesOfReplay(child, state, temp.env.TMPDIR!);
    if (blow === 'SIGKILL' || blow === 'crash') {
      const destroy = await scene.perfcase(['disk', 'destroy'], { env }).finished;
      if (destroy.code !== 0) return { phase, topology, blow, left: [destroy.stderr], cleanMs: 0 };
    }
    // What the kernel still closes, and the guard's own end.
    await eventually(() => left().length === 0, CLEAN_MS);
    return { phase, topology, blow, left: left(), cleanMs: Math.round(performance.now() - from) };
  } finally {
    await scene.close();
  }
}

async function land(blow: Blow, child: Child): Promise<void> {
  if (blow === 'crash') {
    const guards = processesWith(`--owned-by ${child.pid}-`);
    for (const guard of guards) process.kill(Number.parseInt(guard, 10), 'SIGKILL');
  }
  const signal = blow === 'crash' ? 'SIGKILL' : blow;
  // Ctrl-C reaches the whole group; whoever kills a process kills that one.
  await child.kill(signal, blow === 'SIGINT');
}

/** Processes, mounts, loop devices, images, files, and what runs under an overlay of ours, as in a container. */
function tracesOfReplay(child: Child, state: string, temp: string): string[] {
  const shared = existsSync('/dev/shm') ? readdirSync('/dev/shm') : [];
  const images = shared.filter((name) => name.startsWith('perfcase-') && name.includes(`-${child.pid}-`));
  return [
    ...child.family(),
    ...tracesOf(state),
    ...contained(state),
    ...images,
    ...readdirSync(temp).map((name) => join(temp, name)),
  ];
}

function contained(state: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const root = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n', 1)[0] ?? '';
      return root.includes(`upperdir=${state}`) ? [`${pid} in a container`] : [];
    } catch {
      return [];
    }
  });
}
