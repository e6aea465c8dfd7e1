import { confine } from './cgroup.ts';

/** The kernel's own period; a shorter one throttles more often and for a shorter time each. */
const PERIOD_US = 100_000;

/** Gives a process so much of one CPU (sched-bwc of the kernel's documentation). @returns what ends it */
export function limitCpu(pid: number, cpus: number): Promise<() => Promise<void>> {
  const quota = Math.max(1000, Math.round(cpus * PERIOD_US));
  return confine(pid, {
    controller: 'cpu',
    v1: [
      ['cpu.cfs_period_us', String(PERIOD_US)],
      ['cpu.cfs_quota_us', String(quota)],
    ],
    v2: [['cpu.max', `${quota} ${PERIOD_US}`]],
  });
}
