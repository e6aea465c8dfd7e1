import type { SyscallObservation } from '../../core/observation.ts';
import type { Channel } from './channel.ts';

/** Two halves of one message with time between them, or a small message after which nothing came for a while. */
export interface Pause {
  readonly channel: Channel;
  /** The call before the pause and the one after it. */
  readonly from: SyscallObservation;
  readonly to: SyscallObservation;
  readonly us: number;
  /** "in": the rest of a request came late; "out": the answer was written in pieces, and what followed came late. */
  readonly side: 'in' | 'out';
}

/** What happened on one connection. */
export interface Pieces {
  /** Changes from reading to writing: requests that were answered. */
  answered: number;
  firstUs?: number;
  lastUs?: number;
  readonly pauses: Pause[];
}

/** More in one piece fills a segment, which Nagle's algorithm sends at once. */
const SMALL_BYTES = 1400;

/**
 * Watches connections for messages that move in several small pieces: reads that follow reads, and writes that follow
 * writes. Only such a pause counts behind which the other side answered.
 */
export class PauseWatch {
  readonly connections = new Map<Channel, Pieces>();
  private readonly last = new Map<Channel, { call: SyscallObservation; inward: boolean; run: number }>();
  private readonly open = new Map<Channel, Pause>();

  call(call: SyscallObservation, channel: Channel, inward: boolean): void {
    const atUs = endOf(call);
    if (atUs === undefined || !(call.result! > 0)) return;
    const turns = this.connections.get(channel) ?? { answered: 0, pauses: [] };
    this.connections.set(channel, turns);
    turns.firstUs ??= atUs;
    turns.lastUs = atUs;
    const before = this.last.get(channel);
    const same = before?.inward === inward;
    this.last.set(channel, { call, inward, run: same ? before.run + 1 : 1 });
    if (!before) return;
    const us = atUs - endOf(before.call)!;
    const small = before.call.result! < SMALL_BYTES;
    if (inward && same && before.run === 1 && small)
      this.open.set(channel, { channel, from: before.call, to: call, us, side: 'in' });
    else if (inward && !same && before.run > 1 && small)
      turns.pauses.push({ channel, from: before.call, to: call, us, side: 'out' });
    else if (inward) this.open.delete(channel);
    else if (!same) {
      turns.answered++;
      const pause = this.open.get(channel);
      this.open.delete(channel);
      if (pause) turns.pauses.push(pause);
    }
  }

  /** Lines are missing. */
  gap(): void {
    this.last.clear();
    this.open.clear();
  }
}

/** When the bytes had moved: a read that waits ends when they come. */
function endOf({ startUs, durationUs }: SyscallObservation): number | undefined {
  return startUs === undefined ? undefined : startUs + (durationUs ?? 0);
}
