import type { Census } from '../../core/census.ts';
import type { SyscallObservation } from '../../core/observation.ts';
import type { Content } from '../../core/redact.ts';
import { type Channel, directionOf, isFile, isOpaque, mapChannels, SYNC_CALLS } from './channel.ts';
import { type Append, type Command, Conversation, type Sync } from './conversation.ts';
import { Exchange, isConnection, lacksBytes } from './exchange.ts';
import { type Execution, ExecutionClock, POLLS, type Stall } from './execution.ts';
import { FileReader, type FileReads } from './file-reads.ts';
import { type Flood, Floods } from './floods.ts';
import { HttpReader, type HttpRequest } from './http.ts';
import { PauseWatch, type Pieces } from './pauses.ts';
import { feedsMonitor, isFork, makeAppend, makeSync, type OpenLogs } from './server-calls.ts';
import { doingOf, ThreadTimes } from './thread-times.ts';
import { placeIn, type StraceItem, type TraceInput, threadGroups, withoutOwn } from './trace-input.ts';
import { callCost } from './tracer-cost.ts';
import { blindSpots, callFloor } from './tracer-limits.ts';
import { Turns } from './turns.ts';
import { type WritingJob, WritingJobs } from './writing-jobs.ts';

/** Everything that was rebuilt from system calls alone. */
export interface Trace {
  readonly source: string;
  readonly target: number;
  readonly calls: number;
  /** Counts over the whole log, where only stretches of it were rebuilt. */
  readonly census?: Census;
  /** Microseconds on the log's clock; absent in a log without times. */
  readonly startUs?: number;
  readonly endUs?: number;
  /** Seconds that the log covers, without the gaps in it; absent in a log without times. */
  readonly seconds?: number;
  readonly slowdown?: number;
  readonly channels: readonly Channel[];
  /** Connections of the target's own clients. */
  readonly conversations: readonly Conversation[];
  /** Connections on which a traced client talks to a RESP server. */
  readonly clientConversations: readonly Conversation[];
  readonly commands: readonly Command[];
  /** How long the target worked on each read that brought commands. */
  readonly executions: readonly Execution[];
  /** When a thread of the target that serves clients did something that no command had asked for. */
  readonly stalls: readonly Stall[];
  readonly appends: readonly Append[];
  readonly syncs: readonly Sync[];
  readonly http: readonly HttpRequest[];
  /** What the target read from files, and for which request. */
  readonly fileReads: FileReads;
  /** When a client of the target sent much in one go. */
  readonly floods: readonly Flood[];
  /** Snapshots and rewrites of the append-only log, in the order in which they began. */
  readonly writingJobs: readonly WritingJob[];
  /** Of the target's connections: requests that came or were answered in pieces, with the pauses in between. */
  readonly pieces: readonly Pieces[];
  /** Calls by which the target made a child process. */
  readonly forks: readonly SyscallObservation[];
  /** Calls of the target that told a MONITOR what others do. */
  readonly monitorFeeds: readonly SyscallObservation[];
  /** The tracer shows which calls were made, and none of the bytes that they moved: commands are unknown. */
  readonly bytesMissing: boolean;
  /** Then: connections of the target's clients, with requests and answers of unknown content. */
  readonly exchanges: readonly Conversation[];
  /** Connections of the target whose bytes could not be read as RESP or HTTP. */
  readonly opaque: number;
  /** Requests or replies of the target's connections that are seen to be missing from the log. */
  readonly holes: number;
  /** The target hands calls to the kernel through io_uring, where no tracer of system calls sees them. */
  readonly usesIoUring: boolean;
  /** Calls that the tracer noticed and could not keep; absent when it does not count them. */
  readonly lost?: number;
  /** What could not be seen, each in a sentence. */
  readonly blindSpots: readonly string[];
  /** What the tracer itself adds to the duration of a call, in microseconds; absent when unknown. */
  readonly callFloorUs?: number;
  /** What a call takes under the tracer, the pause behind it included, in microseconds; absent when unknown. */
  readonly callCostUs?: number;
  /** What each thread did when, by its id; empty in a log without times. */
  readonly threads: ReadonlyMap<number | undefined, ThreadTimes>;
  /** Where calls are missing from the log: the time of the last call before each such place. */
  readonly gaps: readonly number[];
  pidOf(tid: number | undefined): number;
  /** Where a line of the log stands, as evidence names it. */
  placeOf(line: number): { readonly source: string; readonly line: number };
  /** Whether the call moved commands or replies. */
  contentOf(call: SyscallObservation): Content;
}

const GAP_US = 1_000_000;

/** Rebuilds conversations, appends, syncs and HTTP requests from a log. Pure; never throws on odd input. */
export function deriveTrace(given: TraceInput): Trace {
  const { pidOf, target } = threadGroups(given);
  const input = withoutOwn(given, { pidOf, target });
  const bytesMissing = lacksBytes(input.items);
  const { channels, channelAt } = mapChannels(input.items, pidOf, input.descriptors, bytesMissing);
  const conversations = new Map<Channel, Conversation>();
  const logs: OpenLogs = new Map();
  const http = new HttpReader();
  const files = new FileReader();
  const commands: Command[] = [];
  const appends: Append[] = [];
  const syncs: Sync[] = [];
  const lastAppend = new Map<Channel, Append>();
  /** Appends that no reply and no sync has followed yet. */
  const unsynced = new Map<Channel, Append[]>();
  const appended = (append: Append): void => {
    appends.push(append);
    lastAppend.set(append.channel, append);
    const waiting = unsynced.get(append.channel);
    if (waiting) waiting.push(append);
    else unsynced.set(append.channel, [append]);
  };
  const clock = new ExecutionClock();
  const pauses = new PauseWatch();
  const jobs = new WritingJobs();
  const turns = new Turns();
  const floods = new Floods();
  const monitorFeeds: SyscallObservation[] = [];
  const forks: SyscallObservation[] = [];
  let calls = 0;
  let startUs: number | undefined;
  let endUs: number | undefined;
  let skippedUs = 0;
  let usesIoUring = false;

  const conversationOf = (channel: Channel): Conversation => {
    let conversation = conversations.get(channel);
    if (!conversation && bytesMissing) {
      conversation = new Exchange(channel);
      conversations.set(channel, conversation);
    }
    if (!conversation) {
      const side = channel.role === 'resp-server' ? 'server' : 'client';
      const heard = (command: Command) => {
        if (side === 'server') commands.push(command);
        else http.command(command, channel.pid);
      };
      conversation = new Conversation(channel, side, heard, undefined, side === 'server' ? turns : undefined);
      conversations.set(channel, conversation);
    }
    return conversation;
  };

  const floor = callFloor(input);
  const threads = new Map<number | undefined, ThreadTimes>();
  const gaps: number[] = [];
  const note = (call: SyscallObservation, channel: Channel | undefined): void => {
    if (call.startUs === undefined || call.durationUs === undefined) return;
    let times = threads.get(call.tid);
    if (!times) {
      times = new ThreadTimes(floor ?? 0);
      threads.set(call.tid, times);
    }
    const isAppend = channel?.role === 'append-log' && directionOf(call) === 'out';
    const isSync = channel !== undefined && SYNC_CALLS.has(call.name);
    times.note(
      call.startUs,
      call.durationUs,
      isSync ? 'sync' : isAppend ? 'append' : doingOf(call, floor ?? 0),
    );
  };

  let afterGap = false;
  for (const [index, call] of input.items.entries()) {
    if (call.kind !== 'syscall') {
      if (call.event === 'gap') {
        afterGap = true;
        for (const conversation of conversations.values()) conversation.interrupt();
        http.interrupt(endUs);
        files.interrupt();
        unsynced.clear();
        jobs.gap(endUs);
        floods.gap();
      }
      continue;
    }
    calls++;
    if (call.startUs !== undefined) {
      startUs ??= call.startUs;
      // No thread was inside a call for so long: lines are missing, or several logs stand in one file.
      const gapUs = endUs === undefined ? 0 : call.startUs - endUs;
      // Only in a live log, which lacks no lines, a thread may have worked for so long.
      const worked = !afterGap && input.groups.size > 0 && clock.isRunning(call.tid);
      if ((gapUs > GAP_US && !worked) || (afterGap && gapUs > 0)) {
        skippedUs += gapUs;
        clock.gap();
        pauses.gap();
        gaps.push(endUs!);
      }
      afterGap = false;
      endUs = Math.max(endUs ?? 0, call.startUs + (call.durationUs ?? 0));
    }
    if (call.name === 'io_uring_enter' && pidOf(call.tid) === target) usesIoUring = true;
    clock.call(call);
    jobs.call(call, pidOf(call.tid) === target);
    if (POLLS.has(call.name)) turns.waits(call.tid);
    if (isFork(call) && pidOf(call.tid) === target) forks.push(call);
    const channel = channelAt[index];
    note(call, channel);
    if (!channel) continue;
    if (channel.pid === target) files.data(call, channel);
    if (SYNC_CALLS.has(call.name)) {
      const sync = makeSync(call, channel, lastAppend.get(channel), pidOf, conversations);
      if (!sync) continue;
      syncs.push(sync);
      if (sync.foreground) {
        for (const append of unsynced.get(channel) ?? []) append.sync = sync;
        unsynced.delete(channel);
      }
      continue;
    }
    // A copied log without results still shows calls that worked; a call that failed or moved nothing does not count.
    if (call.result !== undefined ? call.result <= 0 : call.payload === undefined) continue;
    const inward = directionOf(call) === 'in';
    if (channel.pid === target && isConnection(channel)) pauses.call(call, channel, inward);
    if (!inward && channel.pid === target && feedsMonitor(call)) monitorFeeds.push(call);
    switch (channel.role) {
      case 'resp-server':
        if (inward) {
          const conversation = conversationOf(channel);
          const before = conversation.commands.length;
          conversation.request(call);
          const brought = conversation.commands.slice(before);
          if (brought.length > 0) threads.get(call.tid)?.request();
          if (channel.pid === target) floods.read(call, channel);
          if (channel.pid === target) clock.read(call, brought);
        } else {
          conversationOf(channel).answer(call);
          unsynced.clear();
        }
        break;
      case 'resp-client':
        if (inward) conversationOf(channel).answer(call);
        else conversationOf(channel).request(call);
        break;
      case 'append-log':
        if (!inward) appended(makeAppend(call, channel, logs));
        break;
      case 'http-server':
        http.data(call, channel, inward);
        break;
      case 'other':
        if (bytesMissing && channel.pid === target && isConnection(channel)) {
          if (inward) {
            conversationOf(channel).request(call);
            threads.get(call.tid)?.request();
          } else {
            conversationOf(channel).answer(call);
            unsynced.clear();
          }
          break;
        }
        // A file that is written and synced without speaking RESP: still a write, of unknown content.
        if (!inward && isFile(channel) && channel.syncs > 0) {
          appended({ call, channel, commands: [] });
        }
        break;
      default:
        channel.role satisfies never;
    }
  }

  const all = [...conversations.values()];
  const opaque = bytesMissing
    ? 0
    : channels.filter((channel) => channel.pid === target && isOpaque(channel)).length;
  const holes = all.reduce(
    (sum, each) => sum + (each.side === 'server' && each.channel.pid === target ? each.holes : 0),
    0,
  );
  const cost = callCost(input);
  return {
    source: input.source,
    target,
    calls,
    ...(input.census ? { census: input.census } : {}),
    ...(startUs === undefined || endUs === undefined ? {} : { startUs, endUs }),
    ...(startUs === undefined || endUs === undefined || endUs <= startUs
      ? {}
      : { seconds: (endUs - startUs - skippedUs) / 1e6 }),
    ...(input.slowdown === undefined ? {} : { slowdown: input.slowdown }),
    ...(floor === undefined ? {} : { callFloorUs: floor }),
    ...(cost === undefined ? {} : { callCostUs: cost }),
    threads,
    gaps,
    channels,
    conversations: all.filter(
      (each) => each.side === 'server' && each.channel.pid === target && !bytesMissing,
    ),
    bytesMissing,
    exchanges: bytesMissing ? all : [],
    clientConversations: all.filter((each) => each.side === 'client'),
    executions: clock.executions,
    stalls: clock.stalls.filter(({ before }) => before.tid === undefined || before.tid === target),
    commands: commands.filter((command) => command.conversation.channel.pid === target),
    appends: appends.filter((append) => append.channel.pid === target),
    syncs: syncs.filter((sync) => sync.channel.pid === target),
    http: http.finish(),
    fileReads: files.finish(),
    pieces: [...pauses.connections.values()],
    forks,
    writingJobs: jobs.all,
    floods: floods.all,
    monitorFeeds,
    opaque,
    holes,
    usesIoUring,
    ...(input.lost === undefined ? {} : { lost: input.lost }),
    blindSpots: blindSpots(all, { opaque, holes, usesIoUring, bytesMissing }, input),
    pidOf,
    placeOf: (line) => placeIn(input, line),
    contentOf: (call) => contentOf(call, channelAt[placeOf(input.items, call)]),
  };
}

/** By halves: items stand in the order of their lines. @returns -1 for a call of another log */
function placeOf(items: readonly StraceItem[], call: SyscallObservation): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.line < call.line) low = middle + 1;
    else high = middle;
  }
  return items.indexOf(call, low);
}

function contentOf(call: SyscallObservation, channel: Channel | undefined): Content {
  const inward = directionOf(call) === 'in';
  switch (channel?.role) {
    case 'resp-server':
      return inward ? 'command' : 'reply';
    case 'resp-client':
      return inward ? 'reply' : 'command';
    case 'append-log':
      return inward ? 'unknown' : 'command';
    default:
      return 'unknown';
  }
}
