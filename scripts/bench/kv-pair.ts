import { readFileSync } from 'node:fs';
import { type Listener, Scene } from '../../test/support/scene.ts';

export const NAMES = ['redis-server', 'perfcase kv'] as const;
export type Name = (typeof NAMES)[number];

/** Both servers with the same directives, side by side, and what ends them. */
export interface Pair {
  readonly scene: Scene;
  readonly servers: Readonly<Record<Name, Listener>>;
}

/** @param env of the bundled server */
export async function startPair(
  directives: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = {},
): Promise<Pair> {
  const scene = new Scene();
  try {
    const redis = await scene.redis({ directives });
    const kv = await scene.kv({ directives, env });
    return { scene, servers: { 'redis-server': redis, 'perfcase kv': kv } };
  } catch (error) {
    await scene.close();
    throw error;
  }
}

/** Ticks a second of the times in /proc; the same on every Linux that Node runs on. */
const TICKS = 100;

/** Seconds of CPU, user and system, of a process with all its threads. Source: proc_pid_stat(5) */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold anything; what follows it is numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Bytes of a process that lie in memory. Source: proc_pid_status(5) */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  if (kib === undefined) throw new Error(`no VmRSS of process ${pid}`);
  return Number(kib) * 1024;
}
