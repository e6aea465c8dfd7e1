import type { Seen } from './seen.ts';

/** One system call, whatever tracer saw it. */
export interface SyscallObservation extends Seen {
  readonly kind: 'syscall';
  /** Thread id; absent when a log of one thread does not print it. */
  readonly tid?: number;
  /** Microseconds since the epoch, or since an arbitrary start; absent when the log has no times. */
  readonly startUs?: number;
  /** Wall time inside the call; absent without strace -T. */
  readonly durationUs?: number;
  readonly name: string;
  /** First argument when it is a descriptor. */
  readonly fd?: number;
  /** Arguments as printed. */
  readonly args: string;
  /** Return value; absent for `?` and for a call that did not return in the log. */
  readonly result?: number;
  /** EAGAIN … when the call failed. */
  readonly errno?: string;
  /** Bytes that were read or written, as far as they were captured; one character a byte (latin1). */
  readonly payload?: string;
  /** What -y printed for the descriptor, for example "/data/appendonly.aof" or "socket:[15448709]". */
  readonly fdName?: string;
  /** Line of the second half of an unfinished/resumed pair. */
  readonly resumedLine?: number;
}

/** A line of strace that is no call: a signal, an exit, an attach, or a gap where somebody cut the log. */
export interface TraceEventObservation extends Seen {
  readonly kind: 'trace-event';
  readonly event: 'signal' | 'exited' | 'killed' | 'attached' | 'detached' | 'stopped' | 'gap';
  readonly tid?: number;
  readonly startUs?: number;
  readonly detail?: string;
}
