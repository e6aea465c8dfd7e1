import { PATH_LAYERS, type PathLayer } from '../../core/timeline.ts';
import { quantile } from '../../core/units.ts';
import { isBlocking, isWrite } from './command-table.ts';
import type { Command, Conversation } from './conversation.ts';
import { pairEnds } from './pairs.ts';
import { type Spent, ThreadTimes } from './thread-times.ts';
import type { Trace } from './trace.ts';
import { addedPerCall } from './tracer-cost.ts';

/** Microseconds by layer. */
export type LayerSums = Record<PathLayer, number>;

const NONE = Object.fromEntries(PATH_LAYERS.map((layer) => [layer, 0])) as LayerSums;

export function noTime(): LayerSums {
  return { ...NONE };
}

/** Fewer gaps between a reply and the next command do not tell how fast a client is. */
const ENOUGH_GAPS = 5;
/** The tracer takes at most this part of a stretch: something was done in it too. */
const TRACER_AT_MOST = 0.9;

/**
 * Cuts the way of requests into stretches that follow each other without a hole, and says what each was spent on. What
 * a stretch means is told by its ends: the client sent, the server read, the server had replied, the client had read;
 * what it was spent on, by what the thread that the request waited for did meanwhile.
 */
export class PathCutter {
  private readonly pairs: ReadonlyMap<Command, Command>;
  private executed: ReadonlyMap<Command, number> | undefined;
  private readonly nothing = new ThreadTimes(0);
  private readonly usualGaps = new Map<Conversation, number | undefined>();
  private readonly perCallUs: number;
  private readonly perSyncUs: number;

  constructor(private readonly trace: Trace) {
    this.pairs = pairEnds(trace);
    this.perCallUs = addedPerCall(trace.source, trace.callCostUs);
    this.perSyncUs = trace.callFloorUs ?? 0;
  }

  /** The command as its watched client sent it. */
  sentBy(command: Command): Command | undefined {
    return this.pairs.get(command);
  }

  /** Whether calls are missing between two moments. */
  isBroken(fromUs: number, toUs: number): boolean {
    return this.trace.gaps.some((gap) => gap >= fromUs && gap < toUs);
  }

  /**
   * The way of one command as the server sees it, from a moment at which the client had its answer before to the end
   * of the reply.
   */
  served(command: Command, fromUs: number, into: LayerSums): void {
    const sent = this.pairs.get(command);
    const readUs = command.call.startUs ?? command.atUs!;
    const replyEndUs = command.replyEndUs!;
    let at = fromUs;
    if (sent) at = this.client(sent.call.tid, at, sent.call.startUs!, into);
    at = this.untilRead(command, sent, at, readUs, into);
    this.inServer(command, at, replyEndUs, into);
  }

  /** The way of one command as its client sees it, from sending it to having read the reply. */
  asked(sent: Command, served: Command | undefined, fromUs: number, into: LayerSums): void {
    const endUs = sent.replyEndUs!;
    if (!served || served.replyEndUs === undefined || served.atUs === undefined) {
      into.unseen += Math.max(0, endUs - fromUs);
      return;
    }
    let at = this.untilRead(served, sent, fromUs, served.call.startUs ?? served.atUs, into);
    at = this.inServer(served, at, Math.min(endUs, served.replyEndUs), into);
    this.travelling(sent.replyCall?.tid ?? sent.call.tid, at, endUs, into);
  }

  /** A stretch in which it was the client's turn. @returns its end */
  client(tid: number | undefined, fromUs: number, toUs: number, into: LayerSums): number {
    if (toUs <= fromUs) return fromUs;
    const spent = this.timesOf(tid).spent(fromUs, toUs);
    const rest = this.withoutTracer(spent, toUs - fromUs, into);
    into.clientCpu += (spent.work + spent.append) * rest;
    into.clientWaits += spent.wait * rest + spent.sync;
    return toUs;
  }

  /** From sending a command until the server reads it. */
  private untilRead(
    command: Command,
    sent: Command | undefined,
    fromUs: number,
    readUs: number,
    into: LayerSums,
  ): number {
    if (readUs <= fromUs) return fromUs;
    const times = this.timesOf(command.call.tid);
    let at = fromUs;
    if (!sent) {
      const arrivedUs = Math.min(readUs, this.arrival(command, fromUs, readUs, times));
      into.client += arrivedUs - at;
      at = arrivedUs;
    }
    const spent = times.spent(at, readUs);
    const rest = this.withoutTracer(spent, readUs - at, into);
    // The read of this command itself stands at the end of the stretch.
    const isBehindOthers = spent.requests > 1 || spent.sync > 0;
    into.syncOfOthers += spent.sync;
    into[isBehindOthers ? 'queue' : 'server'] += (spent.append + spent.work) * rest;
    into[sent ? 'network' : 'client'] += spent.wait * rest;
    return readUs;
  }

  /** From the server's reading a command until its reply has gone. @returns its end */
  private inServer(command: Command, fromUs: number, toUs: number, into: LayerSums): number {
    if (toUs <= fromUs) return fromUs;
    if (isBlocking(command.name)) {
      // It waits for somebody else's data; whose, the log does not tell.
      into.clientWaits += toUs - fromUs;
      return toUs;
    }
    const spent = this.timesOf(command.call.tid).spent(fromUs, toUs);
    const heldUs = Math.max(spent.sync, heldWithin(command, fromUs, toUs));
    const others = Math.max(0, toUs - fromUs - heldUs);
    const scale = others > 0 ? others / Math.max(others, spent.work + spent.append + spent.wait) : 0;
    const syncs = command.heldBy.length;
    const tracerInSync = Math.min(heldUs * TRACER_AT_MOST, syncs * this.perSyncUs);
    into.tracer += tracerInSync;
    // A command of unknown content may be the write or not; that it waited is sure.
    into[isReader(command) ? 'syncOfOthers' : 'sync'] += heldUs - tracerInSync;
    const rest = this.withoutTracer({ ...spent, sync: heldUs }, toUs - fromUs, into) * scale;
    const ownUs = spent.requests > 0 ? Math.min(spent.work, this.ownWork(command)) : spent.work;
    into.append += spent.append * rest;
    into.server += (ownUs + spent.wait) * rest;
    into.queue += (spent.work - ownUs) * rest;
    return toUs;
  }

  /** From the server's reply until the client has read it. */
  private travelling(tid: number | undefined, fromUs: number, toUs: number, into: LayerSums): void {
    if (toUs <= fromUs) return;
    const spent = this.timesOf(tid).spent(fromUs, toUs);
    const rest = this.withoutTracer(spent, toUs - fromUs, into);
    into.network += spent.wait * rest + spent.sync;
    into.clientCpu += (spent.work + spent.append) * rest;
  }

  /** Reading it, executing it, replying. */
  private ownWork(command: Command): number {
    const calls = (command.call.durationUs ?? 0) + (command.replyCall?.durationUs ?? 0);
    return calls + (this.executedUs(command) ?? 0);
  }

  /** How long the server worked on it. Asked only where others were served meanwhile, so the table is made then. */
  private executedUs(command: Command): number | undefined {
    this.executed ??= new Map(
      this.trace.executions.flatMap(({ commands, us }) => commands.map((each) => [each, us] as const)),
    );
    return this.executed.get(command);
  }

  /**
   * When a command of a client that was not watched reached the server, at the earliest: not before the client can have
   * sent it, as fast as it usually is, and not while the server waited for work.
   */
  private arrival({ conversation }: Command, fromUs: number, readUs: number, times: ThreadTimes): number {
    const usual = this.usualGap(conversation, times);
    const waited = times.lastWaitBefore(readUs);
    return Math.max(fromUs + (usual ?? readUs - fromUs), Math.min(waited, readUs));
  }

  /** From a reply to the next command, on a connection for which the server waited meanwhile: the median. */
  private usualGap(conversation: Conversation, times: ThreadTimes): number | undefined {
    if (this.usualGaps.has(conversation)) return this.usualGaps.get(conversation);
    const gaps: number[] = [];
    let before: number | undefined;
    for (const { call, replyEndUs } of conversation.commands) {
      if (before !== undefined && call.startUs !== undefined && times.lastWaitBefore(call.startUs) > before)
        gaps.push(call.startUs - before);
      before = replyEndUs;
    }
    const usual = gaps.length < ENOUGH_GAPS ? undefined : quantile(gaps, 0.5);
    this.usualGaps.set(conversation, usual);
    return usual;
  }

  private timesOf(tid: number | undefined): ThreadTimes {
    return this.trace.threads.get(tid) ?? this.nothing;
  }

  /** Books what the calls of a stretch cost the tracer. @returns what is left of everything but syncs, 0 to 1 */
  private withoutTracer(spent: Spent, us: number, into: LayerSums): number {
    const others = us - spent.sync;
    if (others <= 0) return 0;
    const cost = Math.min(others * TRACER_AT_MOST, spent.calls * this.perCallUs);
    into.tracer += cost;
    return 1 - cost / others;
  }
}

function isReader({ name }: Command): boolean {
  return name !== '' && !isWrite(name) && !/^(?:EVAL|FCALL|EXEC|FUNCTION)/.test(name);
}

function heldWithin(command: Command, fromUs: number, toUs: number): number {
  let sum = 0;
  for (const { startUs, durationUs } of command.heldBy) {
    if (startUs === undefined || durationUs === undefined) continue;
    sum += Math.max(0, Math.min(toUs, startUs + durationUs) - Math.max(fromUs, startUs));
  }
  return sum;
}
