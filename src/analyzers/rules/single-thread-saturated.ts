import { significant } from '../../core/units.ts';
import { evidenceOf, type Facts, type ProcessCpuSighting, seen, settled } from '../facts.ts';
import { clear, found, insufficient, type Rule, symptom } from '../rule.ts';
import { stoppedShare } from './cpu-throttled.ts';

/** A thread this busy cannot take more work, however many CPUs are idle. */
const SATURATED_PERCENT = 90;

/** Is the one thread that serves the clients at the end of one CPU? */
export const singleThreadSaturated: Rule = {
  id: 'single-thread-saturated',
  question: 'Does the thread that serves the clients use a whole CPU?',
  check(facts) {
    const { targetCpu } = facts;
    if (targetCpu?.busiestThreadPercent !== undefined) {
      const { busiestThreadPercent: percent, busiestThread } = targetCpu;
      const name = busiestThread ?? 'its busiest thread';
      if (percent < SATURATED_PERCENT) {
        const used = `${name} used ${significant(Math.round(percent * 10) / 10)} % of a CPU`;
        const stopped = stoppedShare(facts);
        if (percent < SATURATED_PERCENT * (1 - stopped)) return clear(used, targetCpu.evidence);
        const all = `${used}, all that a limit of its control group leaves it`;
        return symptom('cpu-throttled', all, clear(all, targetCpu.evidence));
      }
      return found({
        id: 'single-thread-saturated',
        severity: 'warning',
        confidence: 0.9,
        title: 'One thread uses a whole CPU',
        why: `${name} used ${significant(Math.round(percent))} % of one CPU; commands wait for it one after another.`,
        measures: { threadCpu: { value: Math.round(percent * 10) / 10, unit: '%' } },
        evidence: targetCpu.evidence,
        fix: {
          summary:
            'Find the expensive commands (SLOWLOG GET, INFO commandstats), or spread the keys over more processes.',
          cost: 'A change of the application or of the topology.',
        },
      });
    }
    const row = averageRow(facts);
    if (row?.item.cpuPercent === undefined) return insufficient('CPU time of the process was not read');
    const percent = row.item.cpuPercent;
    if (percent < SATURATED_PERCENT) {
      return clear(`the process used ${significant(percent)} % of a CPU`, [evidenceOf(row)]);
    }
    return insufficient(
      `the process used ${significant(percent)} % of a CPU, but its threads were not read one by one`,
    );
  },
};

/** The target's row in pidstat -u, or in top. */
function averageRow(
  facts: Facts,
): (Pick<ProcessCpuSighting, 'source'> & { item: ProcessCpuSighting['item'] }) | undefined {
  const pid = facts.target.pid ?? facts.trace?.target;
  const rows = settled(seen(facts, 'process-cpu')).filter(
    ({ item }) => item.pid === pid && item.tid === undefined,
  );
  if (rows.length > 0) return rows.at(-1);
  const top = settled(seen(facts, 'process'))
    .filter(({ item }) => item.pid === pid)
    .at(-1);
  if (!top) return undefined;
  const { item } = top;
  return {
    source: top.source,
    item: {
      kind: 'process-cpu',
      pid: item.pid,
      line: item.line,
      text: item.text,
      ...(item.cpuPercent === undefined ? {} : { cpuPercent: item.cpuPercent }),
    },
  };
}
