import type { Evidence } from '../../core/finding.ts';
import type { CgroupValueObservation } from '../../core/observation.ts';
import { formatMs, formatShare, plural, significant } from '../../core/units.ts';
import { groupChange, groupsWith, groupValue } from '../control-groups.ts';
import type { Facts, Sighting } from '../facts.ts';
import { clear, countOf, found, insufficient, notApplicable, type Rule } from '../rule.ts';

/**
 * Part of the time in which the group may not run. A request that falls into such a stretch waits for the rest of the
 * period, tens of milliseconds: from a twentieth on, the slowest twentieth of requests shows it.
 */
const STOPPED_THAT_MATTERS = 0.05;
/** A fifth of the time without a CPU is felt by everybody, half of it doubles every request. */
const WARNING = 0.2;
const CRITICAL = 0.5;
/** Fewer periods in which the group ran at all are an accident: with 100 ms each, half a second. */
const PERIODS = 5;
/** The kernel's own, where it was not read: https://docs.kernel.org/scheduler/sched-bwc.html */
const PERIOD_US = 100_000;

const LIMIT_FILES = ['cpu.max', 'cpu.cfs_quota_us', 'cpu.cfs_period_us'];

/** A control group with a CPU limit, and how often it ran into it while it was watched. */
export interface Throttling {
  readonly group: string;
  /** Where the limit stands. */
  readonly file: string;
  readonly quotaUs: number;
  readonly periodUs: number;
  readonly periods: number;
  readonly throttled: number;
  /** Part of the time that the group stood still, 0 to 1. */
  readonly stopped: number;
  readonly seconds: number;
  readonly evidence: readonly Evidence[];
}

/** The target's groups that have a limit, the one that stood still longest first. */
export function throttlings(facts: Facts): Throttling[] {
  return groupsWith(facts, 'cpu.stat')
    .flatMap((group) => throttlingOf(facts, group) ?? [])
    .sort((a, b) => b.stopped - a.stopped);
}

/** Part of the time that the target was kept from running by a limit. */
export function stoppedShare(facts: Facts): number {
  return throttlings(facts)[0]?.stopped ?? 0;
}

export const cpuThrottled: Rule = {
  id: 'cpu-throttled',
  question: 'Does a CPU limit of its control group stop the process?',
  check(facts) {
    const groups = groupsWith(facts, 'cpu.stat');
    if (groups.length === 0) return insufficient('its control groups for CPU were not read');
    const limited = groups.filter((group) => limitOf(facts, group));
    if (limited.length === 0) return notApplicable('no cgroup limit is set on the target');
    const worst = throttlings(facts)[0];
    if (!worst) return insufficient('its control group was read only once, or does not count periods');
    const said = `${limitText(worst)}; it ran into it in ${worst.throttled} of ${plural(worst.periods, 'period')} and stood still ${formatShare(worst.stopped)} of the time`;
    if (worst.stopped < STOPPED_THAT_MATTERS) return clear(said, worst.evidence);
    if (worst.periods < PERIODS)
      return insufficient(`${said}: too short a time to tell a limit from a moment`);
    return found({
      id: 'cpu-throttled',
      severity: worst.stopped >= CRITICAL ? 'critical' : worst.stopped >= WARNING ? 'warning' : 'info',
      confidence: 0.95,
      title: 'A CPU limit stops the process again and again',
      why: `The control group ${nameOf(worst.group)} has ${said}: until the next period begins, nothing in it runs, however idle the CPUs are.`,
      measures: {
        limit: { value: round(worst.quotaUs / worst.periodUs), unit: 'CPUs' },
        throttledPeriods: countOf(worst.throttled),
        periods: countOf(worst.periods),
        stopped: { value: round(worst.stopped), unit: 'fraction' },
      },
      evidence: worst.evidence,
      fix: {
        summary:
          'Raise or remove the CPU limit (docker update --cpus, the pod’s limits.cpu, systemd CPUQuota), or keep the work of its group below it.',
        command: commandFor(worst),
        cost: 'The group may take CPU time from others on this machine.',
      },
    });
  },
};

function limitOf(facts: Facts, group: string) {
  const quota = groupValue(facts, group, LIMIT_FILES, 'quota');
  return quota?.item.value === undefined ? undefined : quota;
}

function throttlingOf(facts: Facts, group: string): Throttling | undefined {
  const quota = limitOf(facts, group);
  const period = groupValue(facts, group, LIMIT_FILES, 'period');
  const periods = groupChange(facts, group, 'cpu.stat', 'nr_periods');
  const throttled = groupChange(facts, group, 'cpu.stat', 'nr_throttled');
  // v2 counts microseconds, v1 nanoseconds.
  const us = groupChange(facts, group, 'cpu.stat', 'throttled_usec');
  const ns = groupChange(facts, group, 'cpu.stat', 'throttled_time');
  const time = us ?? ns;
  if (!quota || !periods || !throttled || !time) return undefined;
  const periodUs = period?.item.value ?? PERIOD_US;
  // The kernel sums over the CPUs; a group cannot stand still for longer than the periods in which it was stopped.
  const stoppedUs = Math.min(us ? us.by : time.by / 1000, throttled.by * periodUs, time.seconds * 1e6);
  return {
    ...{ group, file: quota.item.file },
    ...{ quotaUs: quota.item.value!, periodUs, periods: periods.by, throttled: throttled.by },
    stopped: stoppedUs / 1e6 / time.seconds,
    seconds: time.seconds,
    evidence: [limitEvidence(quota), ...throttled.evidence, ...time.evidence],
  };
}

function limitEvidence({ source, item }: Sighting<CgroupValueObservation>): Evidence {
  return { source, line: item.line, text: `${item.group}/${item.file}: ${item.text.trim()}` };
}

/** "a limit of 0.5 CPUs (50 ms each 100 ms)" */
function limitText({ quotaUs, periodUs }: Throttling): string {
  return `a limit of ${significant(quotaUs / periodUs)} CPUs (${formatMs(quotaUs / 1000)} each ${formatMs(periodUs / 1000)})`;
}

/** The group without the place where control groups are mounted. */
export function nameOf(group: string): string {
  return group.replace(/^\/sys\/fs\/cgroup/, '') || '/';
}

function commandFor({ group, file, periodUs }: Throttling): string {
  return file === 'cpu.max'
    ? `echo "max ${periodUs}" > ${group}/cpu.max`
    : `echo -1 > ${group}/cpu.cfs_quota_us`;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
