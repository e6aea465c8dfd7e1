import type { Layer, SyncTimes, Waterfall, WaterfallRow } from '../core/timeline.ts';
import { quantile } from '../core/units.ts';
import { PAUSE_US } from './derive/bursts.ts';
import { isBlocking } from './derive/command-table.ts';
import type { Append, Command, Conversation } from './derive/conversation.ts';
import type { Trace } from './derive/trace.ts';
import { callEvidence, type Facts } from './facts.ts';

/** Commands drawn; more do not fit on a page, and a loop repeats itself. */
const SHOWN = 24;
const SLOTS = 40;
/** Fewer are no distribution. */
const ENOUGH_SYNCS = 5;

interface Burst {
  readonly conversation: Conversation;
  readonly commands: readonly TimedCommand[];
  readonly us: number;
}

type TimedCommand = Command & {
  readonly atUs: number;
  readonly repliedUs: number;
  readonly replyEndUs: number;
};

/** The longest stretch without a pause that one connection was served in; undefined when the log does not show one. */
export function waterfallOf(facts: Facts): Waterfall | undefined {
  const { trace } = facts;
  const burst = trace && longestBurst(trace);
  if (!burst) return undefined;
  const appends = trace.appends.filter(({ call }) => call.startUs !== undefined);
  const layers: Record<Layer, number> = { sync: 0, append: 0, server: 0, client: 0 };
  const firstUs = arrival(burst.commands[0]!);
  const from = slowRun(burst.commands);
  const shown = burst.commands.slice(from, from + SHOWN);
  const [shownFromUs, shownToUs] = [arrival(shown[0]!), shown.at(-1)!.replyEndUs];
  const rows: WaterfallRow[] = [];
  for (const [index, command] of burst.commands.entries()) {
    for (const { layer, label, startUs, us, call } of piecesOf(command, burst.commands[index - 1], appends)) {
      layers[layer] += us;
      if (startUs < shownFromUs || startUs >= shownToUs) continue;
      rows.push({
        layer,
        label,
        startMs: milli(startUs - shownFromUs),
        ms: milli(us),
        ...(call ? { evidence: callEvidence(facts, call) } : {}),
      });
    }
  }
  const { channel, commands } = burst.conversation;
  const who = channel.descriptor?.remoteAddress ?? `descriptor ${channel.fd}`;
  const total = burst.commands.length;
  return {
    what:
      `${shown.length} of ${total} commands that ${who} sent without a pause` +
      (commands.length > total ? `, of ${commands.length} in all` : ''),
    ms: milli(shownToUs - shownFromUs),
    rows,
    layers: {
      sync: milli(layers.sync),
      append: milli(layers.append),
      server: milli(layers.server),
      client: milli(layers.client),
    },
    burstMs: milli(burst.commands.at(-1)!.replyEndUs - firstUs),
  };
}

function longestBurst(trace: Trace): Burst | undefined {
  let longest: Burst | undefined;
  for (const conversation of trace.conversations) {
    if (conversation.streaming) continue;
    let commands: TimedCommand[] = [];
    const end = () => {
      const last = commands.at(-1);
      if (!last) return;
      const us = last.replyEndUs - arrival(commands[0]!);
      if (us > (longest?.us ?? 0)) longest = { conversation, commands, us };
    };
    for (const command of conversation.commands) {
      const isTimed =
        command.atUs !== undefined && command.repliedUs !== undefined && command.replyEndUs !== undefined;
      if (!isTimed || isBlocking(command.name)) continue;
      const before = commands.at(-1);
      // Of commands that came in one packet, the first stands for all.
      if (before && command.atUs! < before.replyEndUs) continue;
      if (before && arrival(command as TimedCommand) - before.replyEndUs > PAUSE_US) {
        end();
        commands = [];
      }
      commands.push(command as TimedCommand);
    }
    end();
  }
  return longest;
}

interface Piece {
  readonly layer: Layer;
  readonly label: string;
  readonly startUs: number;
  readonly us: number;
  readonly call?: Command['call'];
}

/** What happened from the last reply to this one, cut so that the pieces follow each other without a hole. */
function piecesOf(
  command: TimedCommand,
  before: TimedCommand | undefined,
  appends: readonly Append[],
): Piece[] {
  const arrivedUs = arrival(command);
  const pieces: Piece[] = [];
  if (before && arrivedUs > before.replyEndUs) {
    pieces.push({
      ...{ layer: 'client', label: 'client and network' },
      ...{ startUs: before.replyEndUs, us: arrivedUs - before.replyEndUs },
    });
  }
  let at = Math.max(arrivedUs, before?.replyEndUs ?? arrivedUs);
  const work = (untilUs: number, label = command.name) => {
    if (untilUs > at)
      pieces.push({
        layer: 'server',
        label,
        startUs: at,
        us: untilUs - at,
        call: command.call,
      });
    at = Math.max(at, untilUs);
  };
  const inner = [
    ...appendsBetween(appends, command).map(({ call }) => ({ layer: 'append' as const, call })),
    ...command.heldBy.map(({ call }) => ({ layer: 'sync' as const, call })),
  ]
    .filter(({ call }) => call.startUs !== undefined && call.durationUs !== undefined)
    .sort((a, b) => a.call.startUs! - b.call.startUs!);
  for (const { layer, call } of inner) {
    work(Math.min(call.startUs!, command.replyEndUs));
    const endUs = Math.min(call.startUs! + call.durationUs!, command.replyEndUs);
    if (endUs > at) {
      const label = layer === 'append' ? `append (${call.name})` : call.name;
      pieces.push({ layer, label, startUs: at, us: endUs - at, call });
      at = endUs;
    }
  }
  work(command.replyEndUs, inner.length > 0 ? `reply to ${command.name}` : command.name);
  return pieces;
}

/** By halves: the appends of a trace are in the order of time. */
function appendsBetween(appends: readonly Append[], { atUs, repliedUs, call }: TimedCommand): Append[] {
  let low = 0;
  let high = appends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (appends[middle]!.call.startUs! < atUs) low = middle + 1;
    else high = middle;
  }
  const found: Append[] = [];
  for (let index = low; index < appends.length && appends[index]!.call.startUs! < repliedUs; index++) {
    if (appends[index]!.call.tid === call.tid) found.push(appends[index]!);
  }
  return found;
}

/**
 * Where a run of commands begins that is slow and yet no exception: nine of ten runs took less. The slowest one often
 * shows a single hiccup.
 */
function slowRun(commands: readonly TimedCommand[]): number {
  const length = Math.max(0, commands.length - SHOWN + 1);
  const runs = Float64Array.from(
    { length },
    (_, from) => commands[from + SHOWN - 1]!.replyEndUs - arrival(commands[from]!),
  );
  const us = runs.toSorted()[Math.floor(length * 0.9)];
  return us === undefined ? 0 : runs.indexOf(us);
}

function arrival(command: TimedCommand): number {
  return command.call.startUs ?? command.atUs;
}

/** How long the target's syncs took, and how that changed within the window; undefined when there are too few. */
export function syncTimesOf(trace: Trace | undefined): SyncTimes | undefined {
  const syncs = (trace?.syncs ?? []).flatMap(({ startUs, durationUs }) =>
    startUs === undefined || durationUs === undefined ? [] : [{ startUs, ms: durationUs / 1000 }],
  );
  if (syncs.length < ENOUGH_SYNCS || trace?.startUs === undefined || trace.endUs === undefined)
    return undefined;
  const times = syncs.map(({ ms }) => ms);
  const slotUs = Math.max(1, (trace.endUs - trace.startUs) / SLOTS);
  const slots: number[][] = Array.from({ length: SLOTS }, () => []);
  for (const { startUs, ms } of syncs) {
    slots[Math.min(SLOTS - 1, Math.max(0, Math.floor((startUs - trace.startUs) / slotUs)))]!.push(ms);
  }
  return {
    count: times.length,
    p50Ms: micro(quantile(times, 0.5)!),
    p99Ms: micro(quantile(times, 0.99)!),
    maxMs: micro(quantile(times, 1)!),
    histogram: histogramOf(times),
    slots: slots.map((each) => ({
      count: each.length,
      ...(each.length > 0 ? { p50Ms: micro(quantile(each, 0.5)!), maxMs: micro(quantile(each, 1)!) } : {}),
    })),
    slotSeconds: Math.round(slotUs) / 1e6,
  };
}

function histogramOf(times: readonly number[]): SyncTimes['histogram'] {
  const power = (ms: number) => Math.floor(Math.log2(Math.max(ms, 1 / 1024)));
  const powers = times.map(power);
  const least = powers.reduce((a, b) => Math.min(a, b));
  const most = powers.reduce((a, b) => Math.max(a, b));
  return Array.from({ length: most - least + 1 }, (_, index) => ({
    fromMs: 2 ** (least + index),
    toMs: 2 ** (least + index + 1),
    count: powers.filter((each) => each === least + index).length,
  }));
}

const milli = (us: number): number => Math.round(us) / 1000;
const micro = (ms: number): number => Math.round(ms * 1000) / 1000;
