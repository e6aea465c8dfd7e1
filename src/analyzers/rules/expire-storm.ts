import type { Evidence } from '../../core/finding.ts';
import { formatMs, formatShare, plural, significant } from '../../core/units.ts';
import type { Append } from '../derive/conversation.ts';
import type { Stall } from '../derive/execution.ts';
import type { Trace } from '../derive/trace.ts';
import { callEvidence, evidenceOf, type Facts } from '../facts.ts';
import { type Stops, severityOfStops, stopsOf } from '../held.ts';
import {
  clear,
  countOf,
  found,
  insufficient,
  milliseconds,
  NO_RESP,
  notApplicable,
  type Rule,
} from '../rule.ts';
import { countersMissing, type ServerCounters, serverCounters, spikeWithin } from '../server-counters.ts';

/**
 * A cycle that removes expired keys ends when nothing much is left, or when its time is over: 25 ms of each 100 ms
 * (Redis, active-expire-effort 1 and hz 10). Less often than this in a window, that is chance.
 */
const LIMITS_REACHED = 3;
/** From this part of the time on, the clients notice it; the same bound as for commands that hold the server. */
const NOTICED_SHARE = 0.02;
/** Fewer keys take less than a millisecond. */
const MANY_KEYS = 1000;
/** Deletions that the server appended unasked, and pauses before them, from which the calls alone prove it. */
const MANY_DELETIONS = 100;
const ENOUGH_STALLS = 3;
/** A log with fewer calls is too short to say that there are no pauses. */
const ENOUGH_CALLS = 100;

/** Do so many keys expire at once that removing them holds the server? */
export const expireStorm: Rule = {
  id: 'expire-storm',
  question: 'Do so many keys expire at once that the server stands still to remove them?',
  check(facts) {
    const counters = serverCounters(facts);
    const unasked = counters.seconds === undefined ? undefined : counters.gained('expired_keys');
    return unasked === undefined
      ? byCalls(facts, countersMissing(facts, counters) ?? 'the server does not tell how many keys expired')
      : byCounters(facts, counters, unasked);
  },
};

function byCounters(facts: Facts, counters: ServerCounters, expired: number) {
  const seconds = counters.seconds!;
  const limits = counters.gained('expired_time_cap_reached_count');
  const cycleMs = counters.gained('expire_cycle_cpu_milliseconds');
  const spike = spikeWithin(facts, counters, 'expire-cycle');
  const stops = facts.trace && stopsIn(facts.trace, facts.trace.stalls);
  const share = cycleMs === undefined ? stops?.share : cycleMs / 1000 / seconds;
  const said =
    `${plural(expired, 'key')} expired, ${significant(expired / seconds)} a second` +
    `${cycleMs === undefined ? '' : `; removing them took ${formatShare(cycleMs / 1000 / seconds)} of the time`}` +
    `${limits === undefined ? '' : ` and reached its time limit ${plural(limits, 'time')}`}`;
  const evidence = counters.evidence(
    'expired_keys',
    'expired_time_cap_reached_count',
    'expire_cycle_cpu_milliseconds',
  );
  const isStorm =
    expired >= MANY_KEYS &&
    (limits ?? 0) >= LIMITS_REACHED &&
    (share === undefined || share >= NOTICED_SHARE);
  if (!isStorm) return clear(said, evidence.slice(0, 2));
  return report({
    facts,
    why: said,
    stops,
    share,
    confidence: stops && stops.count >= ENOUGH_STALLS ? 0.95 : 0.85,
    measures: {
      expiredKeys: countOf(expired),
      ...(limits === undefined ? {} : { limitReached: countOf(limits) }),
    },
    evidence: [...evidence.filter((_, index) => index % 2 === 1), ...(spike ? [evidenceOf(spike)] : [])],
  });
}

/** What the calls alone show: the server stands still, and then appends deletions that no client has asked for. */
function byCalls(facts: Facts, missing: string) {
  const { trace } = facts;
  if (!trace || trace.bytesMissing) return insufficient(missing);
  if (trace.commands.length === 0 && !facts.target.server) return notApplicable(NO_RESP);
  const deletions = unaskedDeletions(trace);
  const stalls = trace.stalls.filter(({ before }) =>
    deletions.appends.some(({ call }) => call.line >= before.line && call.line - before.line < NEAR_LINES),
  );
  if (deletions.count < MANY_DELETIONS || stalls.length < ENOUGH_STALLS) {
    if (trace.appends.length === 0 || trace.calls < ENOUGH_CALLS) return insufficient(missing);
    return clear(`it appended ${plural(deletions.count, 'deletion')} that no client had asked for`);
  }
  const stops = stopsIn(trace, stalls);
  return report({
    facts,
    why: `it appended about ${deletions.count} deletions that no client had asked for`,
    stops,
    share: stops.share,
    confidence: 0.75,
    measures: { deletions: countOf(deletions.count) },
    evidence: deletions.appends.slice(0, 2).map(({ call }) => callEvidence(facts, call)),
  });
}

/** Between a pause and the append of what was removed in it stand few calls. */
const NEAR_LINES = 50;

interface Deletions {
  readonly count: number;
  readonly appends: readonly Append[];
}

/** Appends of nothing but deletions, while no client deletes: keys that expired, or were evicted. */
function unaskedDeletions({ appends, commands }: Trace): Deletions {
  const isDeletion = (name: string) => name === 'DEL' || name === 'UNLINK';
  const asked = commands.some(({ name }) => isDeletion(name) || name === 'GETDEL');
  const only = appends.filter(
    ({ channel, commands: names, call }) =>
      !asked &&
      channel.role === 'append-log' &&
      (names.length > 0
        ? names.every(isDeletion)
        : /^\*2\r\n\$[36]\r\n(?:DEL|UNLINK)\r\n/i.test(call.payload ?? '')),
  );
  // A tracer shows the beginning of a long buffer: the rest is taken to be like it.
  const count = only.reduce((sum, { call, commands: names }) => {
    const shown = call.payload?.length ?? 0;
    return (
      sum + (shown > 0 && names.length > 0 ? (names.length * Math.max(shown, call.result ?? 0)) / shown : 1)
    );
  }, 0);
  return { count: Math.round(count), appends: only };
}

function stopsIn(trace: Trace, stalls: readonly Stall[]): Stops {
  if (stalls.length === 0) return { count: 0, totalUs: 0, worstUs: 0, share: undefined };
  return stopsOf(
    stalls.map(({ us }) => us),
    trace.seconds,
  );
}

function report({
  facts,
  why,
  stops,
  share,
  confidence,
  measures,
  evidence,
}: {
  readonly facts: Facts;
  readonly why: string;
  readonly stops: Stops | undefined;
  readonly share: number | undefined;
  readonly confidence: number;
  readonly measures: Readonly<Record<string, { value: number; unit: string }>>;
  readonly evidence: readonly Evidence[];
}) {
  const seen = stops && stops.count > 0 ? stops : undefined;
  const pauses = seen
    ? ` The calls show ${plural(seen.count, 'pause')} of up to ${formatMs(seen.worstUs / 1000)} that no command explains.`
    : '';
  const longest = facts.trace?.stalls.reduce<Stall | undefined>(
    (a, b) => (a && a.us >= b.us ? a : b),
    undefined,
  );
  return found({
    id: 'expire-storm',
    severity: seen ? severityOfStops({ ...seen, share }) : 'warning',
    confidence,
    title: 'Keys expire in masses, and the server stands still to remove them',
    why: `${why}.${pauses} Nobody is served meanwhile.`,
    measures: {
      ...measures,
      ...(share === undefined ? {} : { serverHeld: { value: Math.round(share * 1000) / 10, unit: '%' } }),
      ...(seen ? { pauses: countOf(seen.count), max: milliseconds(seen.worstUs) } : {}),
    },
    evidence: [
      ...evidence,
      ...(longest ? [callEvidence(facts, longest.after), callEvidence(facts, longest.before)] : []),
    ],
    fix: {
      summary:
        'Spread the expiry times: add a random part to each lifetime, so that keys made together do not end together.',
      cost: 'A change of the application; some keys live a little longer or shorter.',
    },
  });
}
