import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process stands, over all its threads. */
export interface Health {
  /** Pids of tracers; empty when nobody traces it. */
  readonly tracers: readonly number[];
  /** Letters of State in /proc/PID/task/TID/status, one a thread: "SSSS". */
  readonly states: string;
}

/** @returns undefined when there is no such process */
export function healthOf(pid: number): Health | undefined {
  const tracers = new Set<number>();
  let states = '';
  for (const tid of list(`/proc/${pid}/task`)) {
    const status = read(`/proc/${pid}/task/${tid}/status`);
    const tracer = Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
    if (tracer > 0) tracers.add(tracer);
    states += /^State:\s*(\S)/m.exec(status)?.[1] ?? '';
  }
  return states === '' ? undefined : { tracers: [...tracers], states };
}

/** What is wrong with a process that should run and be left alone; undefined when nothing is. */
export function harmTo(pid: number): string | undefined {
  const health = healthOf(pid);
  if (!health || /[ZX]/.test(health.states)) return 'has ended';
  if (health.tracers.length > 0) return `is traced by ${health.tracers.join(', ')}`;
  return /[Tt]/.test(health.states) ? `is stopped (${health.states})` : undefined;
}

/**
 * Live processes that were started with NAME=VALUE in their environment, by themselves or by an ancestor:
 * "123 strace -f …". It finds a child also when its parent is gone.
 */
export function processesWith(name: string, value: string): string[] {
  const entry = `${name}=${value}`;
  return list('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || !read(`/proc/${pid}/environ`).split('\0').includes(entry)) return [];
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    return command === '' ? [] : [`${pid} ${command}`];
  });
}

/** Asks again until `condition` holds or the time is over. @returns whether it held */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > until) return false;
    await sleep(20);
  }
  return true;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
