import type { Verdict } from '../../core/finding.ts';
import { formatShare, significant } from '../../core/units.ts';
import { evidenceOf, seen } from '../facts.ts';
import { clear, found, insufficient, type Rule, symptom } from '../rule.ts';
import { busyPercent, cpuReadings, DELAY_THAT_MATTERS } from './cpu-saturated.ts';

/** Half of the time on a run queue doubles what each request takes. */
const CRITICAL = 0.5;
/**
 * A process that may run anywhere waits a while behind others on any machine of few CPUs, in bursts that make nobody
 * slow: a healthy server beside its clients on two CPUs was seen at 0.28.
 */
const DELAY_WITHOUT_A_BOUND = 0.5;
/** Linux knows no more (CONFIG_NR_CPUS). */
const MAX_CPUS = 8192;

/**
 * Is the process ready to run, and waits although not all CPUs are busy? It may run on few CPUs only, or others on the
 * same CPU come first. Where all CPUs are busy, or a limit stops it, that is the cause and this the symptom.
 */
export const runQueueWait: Rule = {
  id: 'run-queue-wait',
  question: 'Does the process wait for a CPU although others are idle?',
  check(facts) {
    const delay = facts.targetCpu?.runDelayShare;
    if (delay === undefined) return insufficient('how long the process waited for a CPU is not known');
    const evidence = facts.targetCpu!.evidence;
    if (delay < DELAY_THAT_MATTERS)
      return clear(`it was ready to run and had no CPU ${formatShare(delay)} of the time`, evidence);
    const status = seen(facts, 'proc-status').find(({ item }) => item.pid === facts.target.pid);
    const allowed = status?.item.cpusAllowed;
    const cpus = allowed === undefined ? undefined : cpuList(allowed);
    const rows = cpuReadings(facts).filter(({ item }) => /^\d+$/.test(item.cpu));
    const pinned = cpus !== undefined && rows.length > cpus.size;
    if (!pinned && delay < DELAY_WITHOUT_A_BOUND)
      return settled(
        clear(
          `it was ready to run and had no CPU ${formatShare(delay)} of the time, in bursts: the CPUs were not all busy, and it is not bound to one`,
          evidence,
        ),
      );
    const its = pinned ? rows.filter(({ item }) => cpus.has(Number(item.cpu))) : [];
    const where = pinned
      ? ` It may run on CPU ${allowed} only (${its.map((row) => `${significant(oneDigit(busyPercent(row.item) ?? 0))} % busy`).join(', ')}).`
      : '';
    const verdict = found({
      id: 'run-queue-wait',
      severity: delay >= CRITICAL ? 'critical' : 'warning',
      confidence: pinned ? 0.9 : 0.75,
      title: 'The process waits for a CPU',
      why: `It was ready to run and had no CPU ${formatShare(delay)} of the time, although the machine’s CPUs are not all busy.${where}`,
      measures: { runDelay: { value: Math.round(delay * 1000) / 1000, unit: 'fraction' } },
      evidence: [
        ...evidence,
        ...(pinned
          ? [{ source: status!.source, text: `Cpus_allowed_list: ${allowed}` }, ...its.map(evidenceOf)]
          : []),
      ],
      fix: pinned
        ? {
            summary: `Let it run on more CPUs, or move what else runs on CPU ${allowed} away.`,
            command: `taskset -a -p -c ${everyCpu(rows.length)} ${facts.target.pid}`,
            cost: 'It shares more CPUs with others; caches of a CPU are used less well.',
          }
        : {
            summary:
              'Look for processes that come first: real-time priorities (chrt -p), negative nice values, a low cpu.weight or cpu.shares of its control group.',
            cost: 'What is weighted down gets slower.',
          },
    });
    return settled(verdict);
  },
};

/** Where one of these was found, it is the cause of the waiting. */
function settled(verdict: Verdict): Verdict {
  const throttled = symptom(
    'cpu-throttled',
    'its control group was not let run for the rest of a period',
    verdict,
  );
  const stolen = symptom('cpu-steal', 'the hypervisor ran other guests instead', throttled);
  return symptom('cpu-saturated', 'all CPUs are busy', stolen);
}

/** "0-3,8" */
function cpuList(text: string): Set<number> {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const [from, to = from] = part.split('-').map(Number);
    for (let cpu = from!; cpu <= Math.min(to!, MAX_CPUS); cpu++) cpus.add(cpu);
  }
  return cpus;
}

const everyCpu = (count: number): string => (count > 1 ? `0-${count - 1}` : '0');
const oneDigit = (value: number): number => Math.round(value * 10) / 10;
