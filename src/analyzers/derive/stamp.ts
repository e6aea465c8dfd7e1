import type { SyscallObservation } from '../../core/observation.ts';
import type { Turns } from './turns.ts';

/** Where and when a byte moved. */
export interface Stamp {
  readonly call: SyscallObservation;
  /** The end of the call, in microseconds; absent in a log without times. */
  readonly us?: number;
  /** The turn of the server's event loop; absent for a client. */
  readonly turn?: number;
}

export function stampOf(call: SyscallObservation, turns: Turns | undefined): Stamp {
  const stamp: { call: SyscallObservation; us?: number; turn?: number } = { call };
  if (call.startUs !== undefined) stamp.us = call.startUs + (call.durationUs ?? 0);
  if (turns) stamp.turn = turns.now(call.tid);
  return stamp;
}

/** Bytes that really moved: the result, or for a write copied without its result the count that was asked for. */
export function lengthOf(call: SyscallObservation): number | undefined {
  if (call.result !== undefined) return Math.max(0, call.result);
  const count = /^(?:write|send|sendto)$/.test(call.name) ? /"(?:\.\.\.)?, (\d+)/.exec(call.args) : null;
  return count ? Number(count[1]) : undefined;
}
