import type { CriticalPath, LayerTime, PathLayer, PathOfOne } from '../core/timeline.ts';
import { plural } from '../core/units.ts';
import { addLayers, burstsOf, type CutCommand, cutterOf } from './derive/bursts.ts';
import type { Command, Conversation } from './derive/conversation.ts';
import { heldUpBy } from './derive/held-up.ts';
import type { HttpRequest } from './derive/http.ts';
import { type LayerSums, noTime } from './derive/path-cutter.ts';
import type { Trace } from './derive/trace.ts';
import { callEvidence, type Facts } from './facts.ts';

/** Requests shown one by one. */
const SHOWN = 3;

interface Unit {
  readonly what: string;
  readonly us: number;
  readonly layers: LayerSums;
  readonly call: Command['call'];
  /** As the server saw them. */
  readonly commands: readonly CutCommand[];
}

/**
 * Where the time of the slow requests went: of the HTTP endpoint that took most time, or, where no whole request was
 * seen, of every burst of commands. Undefined in a log without times.
 */
export function criticalPathOf(facts: Facts): CriticalPath | undefined {
  const { trace } = facts;
  if (!trace || trace.threads.size === 0) return undefined;
  const requests = slowestEndpoint(trace.http);
  const isHttp = requests.length > 0;
  const units = isHttp ? requestUnits(trace, requests) : burstUnits(trace);
  const us = units.reduce((sum, unit) => sum + unit.us, 0);
  if (us <= 0) return undefined;
  const layers = noTime();
  for (const unit of units) addLayers(layers, unit.layers);
  const first = requests[0];
  const who = heldUpBy(
    trace,
    units.flatMap((unit) => unit.commands),
  );
  return {
    of: isHttp ? 'requests' : 'bursts',
    what: first ? `${first.method} ${first.path}` : 'commands on a connection, without a pause',
    count: units.length,
    seconds: seconds(us),
    covered: share(us - layers.unseen, us),
    layers: layerTimes(layers, us),
    ...(who.length > 0 ? { heldUpBy: who } : {}),
    slowest: [...units]
      .sort((a, b) => b.us - a.us)
      .slice(0, SHOWN)
      .map(
        (unit): PathOfOne => ({
          what: unit.what,
          seconds: seconds(unit.us),
          layers: layerTimes(unit.layers, unit.us),
          evidence: callEvidence(facts, unit.call),
        }),
      ),
  };
}

/** Whole requests of the endpoint that took most time together, those whose commands are known for sure. */
export function slowestEndpoint(http: readonly HttpRequest[]): HttpRequest[] {
  const byName = new Map<string, { us: number; requests: HttpRequest[] }>();
  for (const request of http) {
    const { method, path, answered, startUs, endUs, commands, overlapped } = request;
    if (!answered || overlapped || startUs === undefined || endUs === undefined || commands.length === 0)
      continue;
    const name = `${method} ${path}`;
    const entry = byName.get(name) ?? { us: 0, requests: [] };
    entry.us += endUs - startUs;
    entry.requests.push(request);
    byName.set(name, entry);
  }
  const all = [...byName.values()];
  return all.reduce((a, b) => (b.us > a.us ? b : a), { us: 0, requests: [] as HttpRequest[] }).requests;
}

/** Cuts each request from its first byte to the end of its answer. */
function requestUnits(trace: Trace, requests: readonly HttpRequest[]): Unit[] {
  const cutter = cutterOf(trace);
  const servedAs = new Map<Command, Command>();
  for (const command of trace.commands) {
    const sent = cutter.sentBy(command);
    if (sent) servedAs.set(sent, command);
  }
  return requests.map((request) => {
    const layers = noTime();
    const commands: CutCommand[] = [];
    const { tid } = request.call;
    let at = request.startUs!;
    const sentInTurn = [...request.commands].sort((a, b) => (a.call.startUs ?? 0) - (b.call.startUs ?? 0));
    for (const sent of sentInTurn) {
      if (sent.replyEndUs === undefined || sent.call.startUs === undefined || sent.replyEndUs <= at) continue;
      // The answer need not wait for what comes back behind it.
      if (sent.replyEndUs > request.endUs!) continue;
      at = cutter.client(tid, at, sent.call.startUs, layers);
      const served = servedAs.get(sent);
      const own = noTime();
      cutter.asked(sent, served, at, own);
      addLayers(layers, own);
      if (served) commands.push({ command: served, us: sent.replyEndUs - at, layers: own });
      at = sent.replyEndUs;
    }
    cutter.client(tid, at, request.endUs!, layers);
    const what = `${request.method} ${request.path}`;
    return { what, us: request.endUs! - request.startUs!, layers, call: request.call, commands };
  });
}

function burstUnits(trace: Trace): Unit[] {
  return [...trace.conversations, ...trace.exchanges].flatMap((conversation) =>
    burstsOf(trace, conversation).map(({ commands, startUs, endUs }): Unit => {
      const layers = noTime();
      for (const command of commands) addLayers(layers, command.layers);
      const what = `${plural(commands.length, 'command')} of ${nameOf(conversation)}`;
      return { what, us: endUs - startUs, layers, call: commands[0]!.command.call, commands };
    }),
  );
}

/** The client's address, else the descriptor. */
export function nameOf({ channel }: Conversation): string {
  return channel.descriptor?.remoteAddress ?? `descriptor ${channel.fd}`;
}

function layerTimes(layers: LayerSums, us: number): LayerTime[] {
  return (Object.entries(layers) as [PathLayer, number][])
    .filter(([, spent]) => spent >= 0.5)
    .sort((a, b) => b[1] - a[1])
    .map(([layer, spent]) => ({ layer, seconds: seconds(spent), share: share(spent, us) }));
}

const seconds = (us: number): number => Math.round(us) / 1e6;
const share = (part: number, whole: number): number =>
  whole > 0 ? Math.round((Math.min(part, whole) / whole) * 1e4) / 1e4 : 0;
