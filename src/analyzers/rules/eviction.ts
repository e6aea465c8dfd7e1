import type { Evidence, Severity } from '../../core/finding.ts';
import { formatShare, plural, significant } from '../../core/units.ts';
import { evidenceOf, type Facts } from '../facts.ts';
import { clear, countOf, found, insufficient, perSecond, type Rule } from '../rule.ts';
import { countersMissing, type ServerCounters, serverCounters, spikeWithin } from '../server-counters.ts';

/** Fewer evictions a second cost nothing that anybody notices: each takes microseconds. */
const MANY_PER_SECOND = 50;
/** A cache that does not find what it is asked for more often than this works for nothing. */
const MISSED = 0.5;
/** Fewer lookups have no rate. */
const ENOUGH_LOOKUPS = 100;
/** So many evictions for each miss, and it is what was thrown out that is missed. */
const EVICTED_FOR_EACH_MISS = 0.3;
/** Part of the time in which there was more data than maxmemory allows, although keys were thrown out meanwhile. */
const EXCEEDED = 0.1;

/** Is the memory that the server may use so short that throwing out keys makes it slow? */
export const eviction: Rule = {
  id: 'eviction',
  question: 'Is maxmemory reached, so that keys are thrown out which are needed again?',
  check(facts) {
    const counters = serverCounters(facts);
    const missing = countersMissing(facts, counters);
    const evicted = missing === undefined ? counters.gained('evicted_keys') : undefined;
    if (evicted === undefined)
      return insufficient(missing ?? 'the server does not tell how many keys it evicted');
    const refused = refusedWrites(counters);
    if (refused > 0) return full(facts, counters, refused);
    const shape = shapeOf(counters, evicted);
    const { perSec, missed, exceeded } = shape;
    const evidence = counters.evidence('evicted_keys').slice(-1);
    const cycle = spikeWithin(facts, counters, 'eviction-cycle');
    const thrashes =
      missed !== undefined && missed >= MISSED && evicted >= EVICTED_FOR_EACH_MISS * shape.misses;
    const lags = exceeded !== undefined && exceeded >= EXCEEDED;
    if (perSec < MANY_PER_SECOND || !(thrashes || lags || cycle)) {
      return clear(`${plural(evicted, 'key')} evicted${describe(shape)}${memory(counters)}`, evidence);
    }
    return report({
      facts,
      counters,
      severity: 'warning',
      confidence: thrashes ? 0.85 : 0.8,
      title: thrashes
        ? 'The memory is too small: keys are thrown out that are needed again'
        : 'The memory is too small: throwing out keys holds the server',
      why:
        `${plural(evicted, 'key')} were evicted${describe(shape)}${memory(counters)}. ` +
        (thrashes
          ? 'What is asked for is not there any more, has to be made again, and pushes out the next.'
          : 'Room has to be made before a write is executed.'),
      measures: {
        evictedPerSec: perSecond(evicted, counters.seconds!),
        ...(missed === undefined ? {} : { missed: { value: Math.round(missed * 1000) / 10, unit: '%' } }),
        ...(exceeded === undefined
          ? {}
          : { overLimit: { value: Math.round(exceeded * 1000) / 10, unit: '%' } }),
      },
      evidence: [
        ...counters.evidence('evicted_keys'),
        ...(thrashes ? counters.evidence('keyspace_misses') : []),
        ...(lags ? counters.evidence('total_eviction_exceeded_time').slice(-1) : []),
        ...(cycle ? [evidenceOf(cycle)] : []),
        ...counters.evidence('maxmemory').slice(-1),
      ],
    });
  },
};

interface Shape {
  readonly perSec: number;
  readonly misses: number;
  /** Part of the lookups, 0 to 1; absent when there were few. */
  readonly missed: number | undefined;
  /** Part of the time above maxmemory, 0 to 1; absent where the server does not tell. */
  readonly exceeded: number | undefined;
}

function shapeOf(counters: ServerCounters, evicted: number): Shape {
  const [hits = 0, misses = 0] = [counters.gained('keyspace_hits'), counters.gained('keyspace_misses')];
  const exceededMs = counters.gained('total_eviction_exceeded_time');
  return {
    perSec: evicted / counters.seconds!,
    misses,
    missed: hits + misses >= ENOUGH_LOOKUPS ? misses / (hits + misses) : undefined,
    exceeded: exceededMs === undefined ? undefined : Math.min(1, exceededMs / 1000 / counters.seconds!),
  };
}

function describe({ perSec, missed, exceeded }: Shape): string {
  const rate = perSec > 0 ? `, ${significant(perSec)} a second` : '';
  const lookups = missed === undefined ? '' : `; ${formatShare(missed)} of the lookups found nothing`;
  const over = exceeded ? `; the data was above the limit ${formatShare(exceeded)} of the time` : '';
  return `${rate}${lookups}${over}`;
}

function memory(counters: ServerCounters): string {
  const [used, most] = [counters.last('used_memory'), counters.last('maxmemory')];
  if (used === undefined || most === undefined) return '';
  if (most === 0) return '; maxmemory is not set';
  return `; ${significant(used / 2 ** 20)} of ${significant(most / 2 ** 20)} MiB are used`;
}

/** Replies of "OOM command not allowed when used memory > 'maxmemory'" within the window. */
function refusedWrites({ before, after }: ServerCounters): number {
  const count = (round: typeof after) =>
    Number(/count=(\d+)/.exec(round?.get('errorstat_OOM')?.item.value ?? '')?.[1] ?? 0);
  return Math.max(0, count(after) - count(before));
}

function full(facts: Facts, counters: ServerCounters, refused: number) {
  return report({
    facts,
    counters,
    severity: 'critical',
    confidence: 0.95,
    title: 'The memory is full, and writes are refused',
    why: `${plural(refused, 'command')} got the error OOM${memory(counters)}: nothing (more) may be thrown out to make room.`,
    measures: { refused: countOf(refused) },
    evidence: [
      ...counters.evidence('errorstat_OOM').slice(-1),
      ...counters.evidence('used_memory', 'maxmemory').filter((_, index) => index % 2 === 1),
      ...counters.evidence('maxmemory_policy').slice(-1),
    ],
  });
}

function report({
  facts,
  counters,
  ...rest
}: {
  readonly facts: Facts;
  readonly counters: ServerCounters;
  readonly severity: Severity;
  readonly confidence: number;
  readonly title: string;
  readonly why: string;
  readonly measures: Readonly<Record<string, { value: number; unit: string }>>;
  readonly evidence: readonly Evidence[];
}) {
  const most = counters.last('maxmemory');
  const policy = facts.config.get('maxmemory-policy')?.item;
  const isKept = policy?.kind === 'server-config' && policy.value.startsWith('volatile');
  return found({
    id: 'eviction',
    ...rest,
    fix: {
      summary:
        'Give the server more memory, or keep less in it: shorter lifetimes, smaller values' +
        `${isKept ? '; by its policy, only keys with a lifetime make room' : ''}.`,
      ...(most ? { command: `CONFIG SET maxmemory ${most * 2}` } : {}),
      cost: 'The machine must have that memory; where it has not, the server is swapped out or killed.',
    },
  });
}
