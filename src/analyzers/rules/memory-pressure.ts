import { formatShare, significant } from '../../core/units.ts';
import { evidenceOf, type Facts, latest, seen } from '../facts.ts';
import { clear, found, insufficient, type Rule } from '../rule.ts';

/** Below this part of memory the kernel reclaims all the time. */
const LOW_AVAILABLE = 0.05;
/** All tasks stalled for memory this much of the last ten seconds: somebody waits for reclaim. */
const STALL_PERCENT = 5;

export const memoryPressure: Rule = {
  id: 'memory-pressure',
  question: 'Is memory so short that processes wait for it?',
  check(facts) {
    const memory = latest(seen(facts, 'memory'))
      .filter(({ item }) => item.kind === 'memory')
      .at(-1);
    const stall = seen(facts, 'pressure').find(
      ({ item }) => item.resource === 'memory' && item.scope === 'full',
    );
    const available = memory && availableKib(facts, memory.item);
    const total = memory?.item.totalKib;
    if (!memory || available === undefined || !total)
      return insufficient(facts.missing.get('top') ?? 'memory was not read');
    const part = available / total;
    const said = `${significant(available / 1024 / 1024)} of ${significant(total / 1024 / 1024)} GiB available`;
    const evidence = [evidenceOf(memory), ...(stall ? [evidenceOf(stall)] : [])];
    if (stall && stall.item.avg10Percent >= STALL_PERCENT) {
      return found({
        id: 'memory-pressure',
        severity: stall.item.avg10Percent >= 20 ? 'critical' : 'warning',
        confidence: 0.9,
        title: 'Processes wait for memory',
        why: `All tasks stood still for memory ${significant(stall.item.avg10Percent)} % of the last 10 s; ${said}.`,
        measures: { memoryFullStall: { value: stall.item.avg10Percent, unit: '%' } },
        evidence,
        fix: {
          summary: 'Free memory, or give the machine more; look for what grew.',
          cost: 'What is ended or limited.',
        },
      });
    }
    if (part < LOW_AVAILABLE && !stall)
      return insufficient(`only ${said} (${formatShare(part)}), and stalls were not read`);
    return clear(`${said} (${formatShare(part)})`, evidence);
  },
};

/** "avail Mem" stands on top's swap line; without it, free and cache together are the upper bound. */
function availableKib(
  facts: Facts,
  memory: { availableKib?: number; freeKib?: number; buffCacheKib?: number },
) {
  if (memory.availableKib !== undefined) return memory.availableKib;
  const swap = latest(seen(facts, 'swap')).at(-1);
  return swap?.item.availableKib ?? memory.freeKib;
}
