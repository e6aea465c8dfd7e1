import { significant } from '../../core/units.ts';
import { evidenceOf, latest, seen } from '../facts.ts';
import { clear, found, insufficient, type Rule } from '../rule.ts';

/** Pages a second that come back from swap: each is a wait for the disk in somebody's memory access. */
const PAGES_IN_PER_SEC = 50;

export const swapping: Rule = {
  id: 'swapping',
  question: 'Does the machine bring memory back from swap?',
  check(facts) {
    const swap = latest(seen(facts, 'swap')).at(-1);
    if (swap && swap.item.totalKib === 0) return clear('no swap is set up', [evidenceOf(swap)]);
    const { swapped } = facts;
    if (!swapped) return insufficient('pages swapped in were not counted');
    const rate = swapped.inPages / swapped.seconds;
    const evidence = swap ? [evidenceOf(swap)] : [];
    if (rate < PAGES_IN_PER_SEC)
      return clear(`${significant(rate)} pages a second came back from swap`, evidence);
    return found({
      id: 'swapping',
      severity: 'critical',
      confidence: 0.85,
      title: 'Memory comes back from swap',
      why: `${significant(rate)} pages a second were read from swap; each stops the thread that touched it.`,
      measures: { swapIn: { value: Math.round(rate), unit: 'pages/s' } },
      evidence: [
        ...evidence,
        {
          source: 'proc',
          text: `/proc/vmstat: pswpin +${swapped.inPages}, pswpout +${swapped.outPages} in ${significant(swapped.seconds)} s`,
        },
      ],
      fix: {
        summary: 'Free memory; keep the data set smaller than it (maxmemory).',
        cost: 'Keys are evicted when the limit is reached.',
      },
    });
  },
};
