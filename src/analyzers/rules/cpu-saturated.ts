import type { CpuObservation } from '../../core/observation.ts';
import { programOf } from '../../core/redact.ts';
import { formatShare, significant } from '../../core/units.ts';
import {
  type CpuSighting,
  evidenceOf,
  type Facts,
  latest,
  type ProcessCpuSighting,
  type ProcessSighting,
  seen,
  settled,
} from '../facts.ts';
import { clear, found, insufficient, type Rule, symptom } from '../rule.ts';
import { stoppedShare } from './cpu-throttled.ts';

/** All CPUs this busy leave no room for one more runnable thread. */
const BUSY_PERCENT = 90;
/** A target that waits for a CPU less than this does not suffer from busy neighbours. */
export const DELAY_THAT_MATTERS = 0.1;

/** Busy apart from waiting for I/O; undefined when the tool did not say. */
export function busyPercent(cpu: CpuObservation): number | undefined {
  if (cpu.idlePercent === undefined) return undefined;
  return Math.max(0, 100 - cpu.idlePercent - (cpu.iowaitPercent ?? 0));
}

/** Each CPU's last reading, from one tool; "all" only where there is nothing else. */
export function cpuReadings(facts: Facts): CpuSighting[] {
  const all = latest(seen(facts, 'cpu'));
  const source = all[0]?.source;
  const same = all.filter((each) => each.source === source);
  const single = same.filter(({ item }) => item.cpu !== 'all');
  return single.length > 0 ? single : same;
}

export const cpuSaturated: Rule = {
  id: 'cpu-saturated',
  question: 'Are the CPUs so busy that the process waits for one?',
  check(facts) {
    const readings = cpuReadings(facts).flatMap((each) => {
      const busy = busyPercent(each.item);
      return busy === undefined ? [] : [{ ...each, busy }];
    });
    const busiest = readings.reduce((a, b) => (b.busy > a.busy ? b : a), readings[0]!);
    if (readings.length === 0) return insufficient(facts.missing.get('top') ?? 'no reading of the CPUs');
    const average = readings.reduce((sum, each) => sum + each.busy, 0) / readings.length;
    const evidence = [evidenceOf(busiest)];
    const name = busiest.item.cpu === 'all' ? 'the CPUs together' : `busiest core (${busiest.item.cpu})`;
    if (average < BUSY_PERCENT) {
      const together =
        readings.length > 1 ? `all ${readings.length} CPUs ${digits(average)} % busy on average, ` : '';
      return clear(`${together}${name} ${digits(busiest.busy)} % busy apart from iowait`, evidence);
    }
    const delay = facts.targetCpu?.runDelayShare;
    const busy = `all CPUs are ${significant(Math.round(average))} % busy`;
    if (delay === undefined)
      return insufficient(`${busy}, but how long the process waited for one is not known`);
    if (delay < DELAY_THAT_MATTERS) {
      return clear(
        `${busy}, but the process waited for one only ${formatShare(delay)} of the time`,
        evidence,
      );
    }
    const hogs = busiestProcesses(facts);
    const verdict = found({
      id: 'cpu-saturated',
      severity: delay >= 0.5 ? 'critical' : 'warning',
      confidence: 0.9,
      title: 'The CPUs are saturated',
      why:
        `${busy}, and the process was ready to run but had no CPU ${formatShare(delay)} of the time.` +
        `${hogs.length > 0 ? ` Most of it goes to ${hogs.map(({ item }) => `${programOf(item.command ?? 'process')} (${item.pid}, ${digits(item.cpuPercent!)} %)`).join(', ')}.` : ''}`,
      measures: {
        cpuBusy: { value: Math.round(average * 10) / 10, unit: '%' },
        runDelay: { value: Math.round(delay * 1000) / 1000, unit: 'fraction' },
      },
      evidence: [...evidence, ...(facts.targetCpu?.evidence ?? []), ...hogs.map(evidenceOf)],
      fix: {
        summary:
          'Move other work off this machine, give the process more CPUs, or a higher weight (nice, cgroup cpu.weight).',
        cost: 'What is moved or weighted down gets slower.',
      },
    });
    // Kernels before 6.18 count the time without a CPU that a limit causes as waiting for one.
    return delay - stoppedShare(facts) < DELAY_THAT_MATTERS
      ? symptom('cpu-throttled', 'its control group was not let run for the rest of a period', verdict)
      : verdict;
  },
};

/** Who uses the CPUs, the three busiest: by pidstat, else by top. */
function busiestProcesses(facts: Facts): (ProcessCpuSighting | ProcessSighting)[] {
  const byPidstat: (ProcessCpuSighting | ProcessSighting)[] = settled(seen(facts, 'process-cpu')).filter(
    ({ item }) => item.tid === undefined && !item.average,
  );
  const rows = byPidstat.length > 0 ? byPidstat : latest(seen(facts, 'process'));
  const worst = new Map<number, ProcessCpuSighting | ProcessSighting>();
  for (const row of rows) {
    const known = worst.get(row.item.pid);
    if (!known || (row.item.cpuPercent ?? 0) > (known.item.cpuPercent ?? 0)) worst.set(row.item.pid, row);
  }
  return [...worst.values()]
    .filter(({ item }) => (item.cpuPercent ?? 0) >= 5)
    .sort((a, b) => b.item.cpuPercent! - a.item.cpuPercent!)
    .slice(0, 3);
}

const digits = (value: number): string => significant(Math.round(value * 10) / 10);
