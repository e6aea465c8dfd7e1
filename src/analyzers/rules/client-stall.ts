import type { Evidence } from '../../core/finding.ts';
import { formatMs, formatShare, plural, quantile } from '../../core/units.ts';
import type { HttpRequest } from '../derive/http.ts';
import type { Trace } from '../derive/trace.ts';
import { callEvidence, type Facts } from '../facts.ts';
import {
  clear,
  countOf,
  found,
  insufficient,
  milliseconds,
  NO_RESP,
  notApplicable,
  ofTrace,
  type Rule,
  severityOf,
} from '../rule.ts';

/** A pause this long between two commands of one request is no part of asking: a client takes microseconds for it. */
const STALL_US = 5000;
/** A request that spends less in its client is not slow for whoever waits: a tenth of a second seems immediate. */
const SLOW_US = 100_000;
/** From this part of the request on, mending the server cannot help much. */
const MOST_OF_IT = 0.5;
/** One request may have met a collection of garbage, or a cold cache. */
const ENOUGH = 2;

/** Is a slow request slow because its client does something else? */
export const clientStall: Rule = {
  id: 'client-stall',
  question: 'Does a slow request spend its time in the client itself, between its commands?',
  check: ofTrace((facts, trace) => {
    if (trace.commands.length === 0 && !facts.target.server) return notApplicable(NO_RESP);
    const stalled = worstEndpoint(trace);
    if (!stalled) {
      return insufficient(
        trace.clientConversations.length === 0
          ? 'no client was watched, so what it does between its commands is not known'
          : 'no whole HTTP request of the client that was watched sent commands',
      );
    }
    const { name, requests, part, ownUs } = stalled;
    const said =
      `${plural(requests.length, 'request')} ${name} spent ${formatMs(ownUs / 1000)} each (median) in pauses of ` +
      `${formatMs(STALL_US / 1000)} or more between commands, ${formatShare(part)} of their time`;
    if (requests.length < ENOUGH || part < MOST_OF_IT || ownUs < SLOW_US) return clear(said);
    const { cpu, longest } = stalled;
    const computes = cpu >= 0.5;
    const others = otherServices(trace, requests[0]!.pid);
    return found({
      id: 'client-stall',
      severity: severityOf(part),
      confidence: 0.9,
      title: computes
        ? 'The client computes: the time of its requests is not spent in the server'
        : 'The client waits for something else: the time of its requests is not spent in the server',
      why:
        `${said}. ${formatShare(cpu)} of that it had the CPU or wanted it` +
        `${computes ? '' : '; else it slept, or waited for a lock or for another service'}` +
        `${others.length > 0 && !computes ? ` (it is connected to ${others.join(', ')})` : ''}. ` +
        'A faster server does not make these requests faster.',
      share: Math.round(part * 1000) / 1000,
      measures: {
        requests: countOf(requests.length),
        ownTime: milliseconds(ownUs),
        longest: milliseconds(longest.us),
        cpu: { value: Math.round(cpu * 1000) / 10, unit: '%' },
      },
      evidence: evidenceOf(facts, longest),
      fix: {
        summary: computes
          ? 'Look at the client with a profiler of its language; move long work out of the request, or keep its result.'
          : 'Look at what the client does at that point: a sleep, a lock, a connection pool that is empty, a call of another service.',
        cost: 'A change of the application, not of the server.',
      },
    });
  }),
};

/** A pause of a request between an answer of the server and what it did next. */
interface Pause {
  readonly request: HttpRequest;
  readonly fromUs: number;
  readonly untilUs: number;
  readonly us: number;
  /** Command before it and behind it; absent at the begin and at the end of the request. */
  readonly before?: HttpRequest['commands'][number];
  readonly behind?: HttpRequest['commands'][number];
}

interface Endpoint {
  readonly name: string;
  readonly requests: readonly HttpRequest[];
  /** Of the requests' time, 0 to 1. */
  readonly part: number;
  /** Median of a request. */
  readonly ownUs: number;
  /** Part of the pauses in which the client worked, 0 to 1. */
  readonly cpu: number;
  readonly longest: Pause;
}

/** The endpoint whose requests spent most time in pauses; undefined when no whole request with commands was seen. */
function worstEndpoint(trace: Trace): Endpoint | undefined {
  const byName = new Map<string, HttpRequest[]>();
  for (const request of trace.http) {
    const { answered, overlapped, startUs, endUs, commands } = request;
    if (!answered || overlapped || startUs === undefined || endUs === undefined || commands.length === 0)
      continue;
    const name = `${request.method} ${request.path}`;
    byName.set(name, [...(byName.get(name) ?? []), request]);
  }
  let worst: (Endpoint & { readonly totalUs: number }) | undefined;
  for (const [name, requests] of byName) {
    const pauses = requests.map(pausesOf);
    const own = pauses.map(sumOf);
    const totalUs = own.reduce((a, b) => a + b, 0);
    if (worst && totalUs <= worst.totalUs) continue;
    const wallUs = requests.reduce((sum, { startUs, endUs }) => sum + endUs! - startUs!, 0);
    const all = pauses.flat();
    worst = {
      ...{ name, requests, totalUs, ownUs: quantile(own, 0.5)! },
      part: wallUs > 0 ? totalUs / wallUs : 0,
      cpu: totalUs > 0 ? all.reduce((sum, pause) => sum + workIn(trace, pause), 0) / totalUs : 0,
      longest: all.reduce((a, b) => (b.us > a.us ? b : a), {
        ...{ request: requests[0]!, fromUs: 0, untilUs: 0, us: 0 },
      }),
    };
  }
  return worst;
}

function pausesOf(request: HttpRequest): Pause[] {
  const pauses: Pause[] = [];
  let at = request.startUs!;
  let before: Pause['before'];
  const note = (untilUs: number, behind?: Pause['behind']) => {
    if (untilUs - at < STALL_US) return;
    pauses.push({
      ...{ request, fromUs: at, untilUs, us: untilUs - at },
      ...(before ? { before } : {}),
      ...(behind ? { behind } : {}),
    });
  };
  for (const command of request.commands) {
    if (command.call.startUs === undefined || command.replyEndUs === undefined) continue;
    note(command.call.startUs, command);
    if (command.replyEndUs > at) {
      at = command.replyEndUs;
      before = command;
    }
  }
  note(request.endUs!);
  return pauses;
}

const sumOf = (pauses: readonly Pause[]): number => pauses.reduce((sum, { us }) => sum + us, 0);

/** Microseconds in which the thread that served the request was in no call that waits. */
function workIn({ threads }: Trace, { request, fromUs, untilUs }: Pause): number {
  return threads.get(request.call.tid)?.spent(fromUs, untilUs).work ?? 0;
}

/** Where else the client is connected to, apart from HTTP and the server that is diagnosed. */
function otherServices({ channels }: Trace, pid: number): string[] {
  const addresses = channels.flatMap(({ pid: owner, role, reads, descriptor }) =>
    owner === pid && role === 'other' && reads > 0 && descriptor?.remoteAddress !== undefined
      ? [descriptor.remoteAddress]
      : [],
  );
  return [...new Set(addresses)].slice(0, 3);
}

function evidenceOf(facts: Facts, { request, before, behind }: Pause): Evidence[] {
  return [
    callEvidence(facts, request.call),
    ...(before?.replyCall ? [callEvidence(facts, before.replyCall)] : []),
    ...(behind ? [callEvidence(facts, behind.call)] : []),
  ];
}
