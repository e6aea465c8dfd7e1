import { keyPrefix } from '../../core/redact.ts';
import { formatMs, quantile } from '../../core/units.ts';
import { classOf } from '../derive/command-table.ts';
import type { Command } from '../derive/conversation.ts';
import type { HttpRequest } from '../derive/http.ts';
import { timeOf } from '../derive/path-time.ts';
import { type Patterns, patternsOf } from '../derive/patterns.ts';
import type { Trace } from '../derive/trace.ts';
import { callEvidence, type Facts } from '../facts.ts';
import {
  clear,
  countOf,
  found,
  insufficient,
  milliseconds,
  ofConversation,
  type Rule,
  severityOf,
} from '../rule.ts';

/** Fewer reads in a row cost less than the change that would join them. */
const RUN = 20;
/** A run of reads that costs less than this, without the tracer, is a page that nobody finds slow. */
const RUN_THAT_MATTERS_US = 5000;
/** Between two reads of one run a client computes; a longer silence is the end of the run. */
const SILENCE_US = 5000;

/**
 * Does a client list keys and then fetch them one by one, a round trip each? The list is what tells such a loop from
 * a busy client: the keys read are those a SCAN, SMEMBERS, LRANGE … had just returned, or they are read inside one
 * HTTP request.
 */
export const nPlusOneReads: Rule = {
  id: 'n-plus-one-reads',
  question: 'Does a client fetch the items of a list one by one?',
  check: ofConversation((facts, trace) => {
    const looping = patternsOf(trace).filter((pattern) => loopReads(pattern).length >= RUN);
    const requests = trace.http.filter(
      (request) => !request.overlapped && requestReads(request).length >= RUN,
    );
    if (looping.length === 0 && requests.length === 0) {
      const reads = trace.commands.filter((command) => classOf(command.name) === 'read-one').length;
      if (trace.commands.length < RUN) {
        return insufficient(`only ${trace.commands.length} commands were seen; a loop shows in ${RUN}`);
      }
      return clear(`${reads} reads of single keys, no run of ${RUN} that follows a list of keys`);
    }
    const dearest = Math.max(0, ...looping.map((pattern) => dearestRun(pattern, trace)));
    if (looping.length > 0 && dearest > 0 && dearest < RUN_THAT_MATTERS_US) {
      return clear(
        `keys of a list are read one by one, but the longest run costs only ${formatMs(dearest / 1000)}`,
      );
    }
    return report(facts, looping, requests);
  }),
};

/** Time of the longest run of listed reads, in microseconds without the tracer; 0 in a log without times. */
function dearestRun({ conversation, listedReads }: Patterns, trace: Trace): number {
  const wanted = new Set(listedReads);
  let dearest = 0;
  let run = 0;
  let before: number | undefined;
  for (const command of conversation.commands) {
    const { replyEndUs: end, atUs: at } = command;
    if (end === undefined || at === undefined) continue;
    const silence = before === undefined ? 0 : at - before;
    if (silence > SILENCE_US * (trace.slowdown ?? 1)) run = 0;
    if (wanted.has(command) && before !== undefined && command.heldBy.length === 0)
      run += Math.max(0, end - Math.max(before, at - SILENCE_US));
    dearest = Math.max(dearest, run);
    before = end;
  }
  return dearest / (trace.slowdown ?? 1);
}

/** Reads of listed keys, one at a time: each was sent when the one before it had been answered. */
function loopReads(pattern: Patterns): Command[] {
  return pattern.listedReads.filter((command) => !command.pipelined);
}

function requestReads(request: HttpRequest): Command[] {
  const reads = request.commands.filter(
    (command) => classOf(command.name) === 'read-one' && !command.pipelined,
  );
  const byName = new Map<string, Command[]>();
  for (const read of reads) byName.set(read.name, [...(byName.get(read.name) ?? []), read]);
  return [...byName.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

function report(facts: Facts, looping: readonly Patterns[], requests: readonly HttpRequest[]) {
  const trace = facts.trace!;
  const reads = looping.length > 0 ? looping.flatMap(loopReads) : requests.flatMap(requestReads);
  const first = reads[0]!;
  const time = timeOf(
    trace,
    looping.map((each) => each.conversation),
  );
  const share = time && time.partsUs.read / time.untracedUs;
  const trips = looping.length > 0 ? roundTrips(looping) : [];
  const p50 = quantile(trips, 0.5);
  const instead = first.name === 'GET' ? 'MGET' : 'a pipeline';
  const kind = keyPrefix(first.args[0]?.text ?? '', first.args[0]?.length);
  const endpoint = requests[0] && `${requests[0].method} ${requests[0].path}`;
  return found({
    id: 'n-plus-one-reads',
    severity: severityOf(share),
    confidence: looping.length > 0 ? 0.95 : 0.85,
    title: 'Items of a list are fetched one by one',
    why:
      `${reads.length} ${first.name} of keys like "${kind}", each sent when the one before had been answered` +
      `${looping.length > 0 ? ', after a list had named them' : ''}${endpoint ? `, inside ${endpoint}` : ''}` +
      `${p50 === undefined ? '' : `: ${formatMs(p50 / 1000)} a round trip at the median while traced`}. ` +
      'One command for many keys needs one round trip.',
    ...(share === undefined ? {} : { share: Math.round(share * 1000) / 1000 }),
    measures: {
      reads: countOf(reads.length),
      ...(p50 === undefined ? {} : { roundTripP50: milliseconds(p50) }),
    },
    evidence: reads.slice(0, 3).map((command) => callEvidence(facts, command.call)),
    fix: {
      summary: `Fetch a page of keys at once with ${instead}, for example one for each reply of SCAN.`,
      cost: 'No durability is lost; a large page holds the server a little longer for everybody.',
    },
  });
}

/** From the reply before to this reply, for reads that wait for no sync. Microseconds, as traced. */
function roundTrips(looping: readonly Patterns[]): number[] {
  const trips: number[] = [];
  for (const { conversation, listedReads } of looping) {
    const wanted = new Set(listedReads);
    let before: number | undefined;
    for (const command of conversation.commands) {
      const end = command.replyEndUs;
      if (end !== undefined && before !== undefined && wanted.has(command) && command.heldBy.length === 0) {
        trips.push(end - before);
      }
      before = end;
    }
  }
  return trips;
}
