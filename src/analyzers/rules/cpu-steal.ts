import { formatShare, significant } from '../../core/units.ts';
import { evidenceOf } from '../facts.ts';
import { clear, found, insufficient, type Rule } from '../rule.ts';
import { cpuReadings } from './cpu-saturated.ts';

/** The hypervisor gave the CPU to somebody else this much of the time. */
const STEAL_PERCENT = 10;

/** A process that lost less of its time than this would not be noticeably quicker elsewhere. */
const LOSS_THAT_MATTERS = 0.05;

/** Does the hypervisor take CPU time away? */
export const cpuSteal: Rule = {
  id: 'cpu-steal',
  question: 'Does the hypervisor give the CPU to other guests?',
  check(facts) {
    const readings = cpuReadings(facts).filter(({ item }) => item.stealPercent !== undefined);
    if (readings.length === 0) return insufficient('no tool printed steal time');
    const worst = readings.reduce((a, b) => (b.item.stealPercent! > a.item.stealPercent! ? b : a));
    const percent = worst.item.stealPercent!;
    if (percent < STEAL_PERCENT)
      return clear(`at most ${significant(percent)} % stolen`, [evidenceOf(worst)]);
    const used = facts.targetCpu?.busiestThreadPercent;
    // For each part of a second that it ran, it waited for what was stolen meanwhile.
    const lost = used === undefined ? undefined : (used / 100) * (percent / Math.max(1, 100 - percent));
    if (lost !== undefined && lost < LOSS_THAT_MATTERS)
      return clear(
        `${significant(percent)} % stolen, but its busiest thread used ${significant(used!)} % of a CPU: it lost about ${formatShare(lost)} of its time`,
        [evidenceOf(worst), ...facts.targetCpu!.evidence],
      );
    return found({
      id: 'cpu-steal',
      severity: 'warning',
      confidence: 0.85,
      title: 'The hypervisor takes CPU time away',
      why: `CPU ${worst.item.cpu} wanted to run and was not let ${significant(percent)} % of the time.`,
      measures: { steal: { value: percent, unit: '%' } },
      evidence: [evidenceOf(worst)],
      fix: {
        summary: 'Ask for a host that is less crowded, or for CPUs of your own.',
        cost: 'Usually money.',
      },
    });
  },
};
