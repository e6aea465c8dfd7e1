import type { CommandSpec } from '../core/capture.ts';
import type { ProcessIoObservation } from '../core/observation.ts';
import { parsePidstat } from '../probes/pidstat.ts';

/** Whose files are looked at: those who move most. */
const MOST = 3;
/** Less is nobody's trouble. */
const KIB_PER_SEC = 512;

/**
 * The processes other than the target that moved most to and from disks while pidstat looked. Which disk that was is
 * in their open files.
 */
export function busiestOnDisks(pidstat: string, target: number): number[] {
  const moved = new Map<number, number>();
  for (const item of parsePidstat(pidstat).items) {
    if (item.kind !== 'process-io' || item.average || item.pid === target || item.tid !== undefined) continue;
    moved.set(item.pid, Math.max(moved.get(item.pid) ?? 0, kibPerSec(item)));
  }
  return [...moved]
    .filter(([pid, kib]) => kib >= KIB_PER_SEC && pid !== process.pid)
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST)
    .map(([pid]) => pid);
}

function kibPerSec({ readKibPerSec, writeKibPerSec }: ProcessIoObservation): number {
  return (readKibPerSec ?? 0) + (writeKibPerSec ?? 0);
}

/** Their open files, the mapped ones left out. */
export function filesOf(pids: readonly number[], timeoutMs: number): CommandSpec {
  return {
    ...{ file: 'lsof', timeoutMs, debianPackage: 'lsof' },
    args: ['-nP', '+c0', '-a', '-d', '0-9999', '-p', pids.join(',')],
  };
}
