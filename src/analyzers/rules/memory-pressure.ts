import type { Evidence, Verdict } from '../../core/finding.ts';
import { formatShare, significant } from '../../core/units.ts';
import { groupChange, groupsWith } from '../control-groups.ts';
import { evidenceOf, type Facts, latest, seen } from '../facts.ts';
import { clear, countOf, found, insufficient, type Rule } from '../rule.ts';

/** Below this part of memory the kernel reclaims all the time. */
const LOW_AVAILABLE = 0.05;
/** All tasks stalled for memory this much of the time: somebody waits for reclaim. */
const STALL_PERCENT = 5;
const CRITICAL_PERCENT = 20;

export const memoryPressure: Rule = {
  id: 'memory-pressure',
  question: 'Is memory so short, on the machine or in its control group, that the process waits for it?',
  check(facts) {
    const limit = limitOf(facts);
    if (limit && limit.stallPercent !== undefined && limit.stallPercent >= STALL_PERCENT && limit.hits > 0)
      return ofGroup(limit, limit.stallPercent);
    const machine = ofMachine(facts);
    if (machine.kind !== 'clear' || !limit) return machine;
    // A group full of cached files meets its limit all the time, and nobody waits.
    if (limit.stallPercent === undefined && limit.hits > 0)
      return insufficient(
        `${machine.because}; its control group met its memory limit ${limit.hits} times, and how long it waited for that was not counted`,
      );
    if (limit.hits === 0) return machine;
    return clear(
      `${machine.because}; its control group met its memory limit ${limit.hits} times and stood still ${significant(limit.stallPercent!)} % of the time for it`,
      machine.evidence,
    );
  },
};

/** How a memory limit of the target's control groups was met while it was watched. */
interface Limit {
  /** Times that the group came to its limit. */
  readonly hits: number;
  /** Part of the time that all of its tasks stood still for memory; absent where the kernel does not count it. */
  readonly stallPercent?: number;
  readonly evidence: readonly Evidence[];
}

/** Undefined where no counter of a limit was read twice. v1 counts how often, v2 also how long. */
function limitOf(facts: Facts): Limit | undefined {
  const counters = [
    ...groupsWith(facts, 'memory.events').flatMap((group) => [
      groupChange(facts, group, 'memory.events', 'high'),
      groupChange(facts, group, 'memory.events', 'max'),
    ]),
    ...groupsWith(facts, 'memory.failcnt').map((group) =>
      groupChange(facts, group, 'memory.failcnt', 'value'),
    ),
  ].flatMap((each) => each ?? []);
  if (counters.length === 0) return undefined;
  // The target's own group stands first; what the groups around it wait for is in its time too.
  const own = groupsWith(facts, 'memory.pressure')[0];
  const stall = own === undefined ? undefined : groupChange(facts, own, 'memory.pressure', 'full');
  const hit = counters.filter(({ by }) => by > 0);
  return {
    hits: hit.reduce((sum, { by }) => sum + by, 0),
    ...(stall ? { stallPercent: stall.perSec / 1e4 } : {}),
    evidence: [...(stall?.evidence ?? []), ...hit.flatMap(({ evidence }) => evidence)],
  };
}

function ofGroup({ hits, evidence }: Limit, stallPercent: number): Verdict {
  return found({
    id: 'memory-pressure',
    severity: stallPercent >= CRITICAL_PERCENT ? 'critical' : 'warning',
    confidence: 0.9,
    title: 'The process waits for memory: its control group is at its limit',
    why: `All tasks of its control group stood still for memory ${significant(stallPercent)} % of the time, and it met its limit ${hits} times.`,
    measures: {
      memoryFullStall: { value: significantNumber(stallPercent), unit: '%' },
      limitMet: countOf(hits),
    },
    evidence: [...evidence],
    fix: {
      summary:
        'Raise the memory limit of the group (memory.max, memory.high, the container’s limit), or keep less in memory (maxmemory).',
      cost: 'Others on the machine may have less; or keys are evicted.',
    },
  });
}

const significantNumber = (value: number): number => Number(value.toPrecision(3));

function ofMachine(facts: Facts): Verdict {
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
      severity: stall.item.avg10Percent >= CRITICAL_PERCENT ? 'critical' : 'warning',
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
}

/** "avail Mem" stands on top's swap line; without it, free and cache together are the upper bound. */
function availableKib(
  facts: Facts,
  memory: { availableKib?: number; freeKib?: number; buffCacheKib?: number },
) {
  if (memory.availableKib !== undefined) return memory.availableKib;
  const swap = latest(seen(facts, 'swap')).at(-1);
  return swap?.item.availableKib ?? memory.freeKib;
}
