import { quantile } from '../../core/units.ts';
import { classOf, isBlocking } from './command-table.ts';
import type { Command, Conversation } from './conversation.ts';
import type { Trace } from './trace.ts';

/**
 * Where the time of a conversation went. A burst is a run of commands without a pause; its wall time is cut at each
 * reply, so the parts sum to the whole. All in microseconds.
 */
export interface TimeSplit {
  readonly wallUs: number;
  /** Waiting for a sync that stood between a command and its reply. */
  readonly syncUs: number;
  /** Everything else of the round trips of these commands: server, network, and the client's own part. */
  readonly scanUs: number;
  readonly readUs: number;
  readonly writeUs: number;
  readonly otherUs: number;
  /** Longest time that one burst waited for syncs. */
  readonly worstBurstSyncUs: number;
  /**
   * The parts but the first as they are when each command takes what a quarter of its kind takes: without the moments
   * in which somebody else had the CPU, or in which server and client had to wake up after a long wait.
   */
  readonly undisturbedUs: Readonly<Record<RestPart, number>>;
}

/** Parts of the time that are no waiting for a sync. */
export type RestPart = 'scan' | 'read' | 'write' | 'other';

/** A client that says nothing for this long waits for something else, usually for the next request. */
export const PAUSE_US = 50_000;

/** One long sync is a hiccup of the disk; a slow request waits for several. */
const SYNCS_OF_A_BURST = 5;

const EMPTY = {
  ...{ wallUs: 0, syncUs: 0, scanUs: 0, readUs: 0, writeUs: 0, otherUs: 0, worstBurstSyncUs: 0 },
};

/** Splits the wall time of conversations; undefined when the log has no times. */
export function splitTime(conversations: readonly Conversation[]): TimeSplit | undefined {
  const total = { ...EMPTY };
  const rests: Record<RestPart, number[]> = { scan: [], read: [], write: [], other: [] };
  let timed = false;
  for (const conversation of conversations) {
    let cursor: number | undefined;
    let burstSync = 0;
    let burstSyncs = 0;
    for (const command of conversation.commands) {
      const { atUs, replyEndUs } = command;
      if (atUs === undefined || replyEndUs === undefined) continue;
      timed = true;
      const arrived = command.call.startUs ?? atUs;
      if (cursor === undefined || arrived - cursor > PAUSE_US) {
        cursor = arrived;
        burstSync = 0;
        burstSyncs = 0;
      }
      if (replyEndUs <= cursor) continue;
      if (isBlocking(command.name)) {
        cursor = replyEndUs;
        continue;
      }
      const wall = replyEndUs - cursor;
      const sync = Math.min(wall, overlap(command, cursor, replyEndUs));
      total.wallUs += wall;
      total.syncUs += sync;
      burstSync += sync;
      if (sync > 0) burstSyncs++;
      if (burstSyncs >= SYNCS_OF_A_BURST) {
        total.worstBurstSyncUs = Math.max(total.worstBurstSyncUs, burstSync);
      }
      const part = partOf(command.name);
      total[`${part}Us`] += wall - sync;
      rests[part].push(wall - sync);
      cursor = replyEndUs;
    }
  }
  if (!timed) return undefined;
  const undisturbed = (part: RestPart) => rests[part].length * (quantile(rests[part], 0.25) ?? 0);
  return {
    ...total,
    undisturbedUs: {
      scan: undisturbed('scan'),
      read: undisturbed('read'),
      write: undisturbed('write'),
      other: undisturbed('other'),
    },
  };
}

function partOf(name: string): RestPart {
  const kind = classOf(name);
  if (kind === 'scan' || kind === 'other') return kind;
  return kind.startsWith('read') ? 'read' : 'write';
}

/** A client that rests this long between two steps of one loop is in no hurry: nobody waits for the loop. */
const REST_US = 5000;

/**
 * Whether a loop rests of its own will: before most of these steps, each of which goes on with what the one before
 * began, its client had its last reply and asked nothing. A traced client is slower by itself.
 */
export function isPaced(steps: readonly Command[], { slowdown = 1 }: Pick<Trace, 'slowdown'>): boolean {
  const isStep = new Set(steps);
  let rested = 0;
  let timed = 0;
  for (const { commands } of new Set(steps.map((step) => step.conversation))) {
    for (const [index, step] of commands.entries()) {
      const repliedUs = commands[index - 1]?.replyEndUs;
      const askedUs = step.call.startUs;
      if (!isStep.has(step) || repliedUs === undefined || askedUs === undefined) continue;
      timed++;
      if (askedUs - repliedUs >= REST_US * slowdown) rested++;
    }
  }
  return timed > 0 && rested > timed / 2;
}

function overlap(command: Command, fromUs: number, toUs: number): number {
  let sum = 0;
  for (const { startUs, durationUs } of command.heldBy) {
    if (startUs === undefined || durationUs === undefined) continue;
    sum += Math.max(0, Math.min(toUs, startUs + durationUs) - Math.max(fromUs, startUs));
  }
  return sum;
}

/** What a tracer adds to a call at most, where the log does not tell: strace, when several traced threads wait for it. */
const DEAREST_CALL_US = 400;

/** Parts of the wall time as they would be without the tracer, 0 to 1 each; they sum to 1. */
export interface Shares {
  readonly sync: number;
  readonly scan: number;
  readonly read: number;
  readonly write: number;
  readonly other: number;
  /** The wall time without the tracer, in microseconds. */
  readonly wallUs: number;
}

/**
 * Takes the tracer's cost out. Untraced, the same calls took wall / slowdown; a sync waits for the disk, so it only
 * loses what the tracer adds to any call; what is left is divided as it was measured.
 */
export function sharesOf(
  split: TimeSplit,
  trace: Pick<Trace, 'slowdown' | 'callFloorUs' | 'callCostUs' | 'calls'>,
  syncs: number,
): Shares {
  // Less than the clock's own step proves nothing.
  if (split.wallUs < 1) return { sync: 0, scan: 0, read: 0, write: 0, other: 0, wallUs: split.wallUs };
  const sync = Math.max(split.syncUs - syncs * (trace.callFloorUs ?? 0), split.syncUs * 0.1);
  const rest = split.wallUs - split.syncUs;
  const dearestCallUs = trace.callCostUs ?? DEAREST_CALL_US;
  const restUntraced = Math.min(
    rest,
    // A load that happened to fall while it was traced looks like a slowdown; the tracer cannot have cost more.
    Math.max(split.wallUs / (trace.slowdown ?? 1) - sync, rest - trace.calls * dearestCallUs, rest * 0.02),
  );
  const wall = sync + restUntraced || 1;
  const scale = rest > 0 ? restUntraced / rest / wall : 0;
  return {
    sync: sync / wall,
    scan: split.scanUs * scale,
    read: split.readUs * scale,
    write: split.writeUs * scale,
    other: split.otherUs * scale,
    wallUs: wall,
  };
}
