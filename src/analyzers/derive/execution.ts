import type { SyscallObservation } from '../../core/observation.ts';
import type { Command } from './conversation.ts';

/** What a server did with one read, from the end of that read to its next call to the outside. */
export interface Execution {
  readonly commands: readonly Command[];
  /** Microseconds, time without a CPU included. */
  readonly us: number;
  /** Descriptors that were ready when the server asked for work again. */
  waiting?: number;
}

/** A time in which a thread made no call and had no command to work on. */
export interface Stall {
  /** The call before it. */
  readonly after: SyscallObservation;
  /** The call that ended it. */
  readonly before: SyscallObservation;
  readonly us: number;
}

/** Shorter ones are what any turn of an event loop takes, or a lost time slice. */
const STALL_US = 5000;

/**
 * Calls that a command makes for itself: memory, locks, a pause. Any other call of the thread means that the command is
 * over, or has to wait for the outside.
 */
const INSIDE = new Set(
  `brk mmap munmap mremap mprotect madvise futex nanosleep clock_nanosleep sched_yield getrandom getpid gettid
  getrusage clock_gettime gettimeofday membarrier rt_sigprocmask rt_sigaction`.split(/\s+/),
);
export const POLLS = new Set([
  'epoll_wait',
  'epoll_pwait',
  'epoll_pwait2',
  'poll',
  'ppoll',
  'select',
  'pselect6',
]);

/**
 * Measures how long a thread worked on what it had read: servers of the Redis family execute a command between the read
 * that completes it and their next system call. The calls of one thread have to come in the order of the log.
 */
export class ExecutionClock {
  readonly executions: Execution[] = [];
  readonly stalls: Stall[] = [];
  private readonly last = new Map<number | undefined, SyscallObservation>();
  private readonly running = new Map<number | undefined, { fromUs: number; commands: readonly Command[] }>();
  private readonly unasked = new Map<number | undefined, Execution[]>();

  /** A read brought commands. */
  read(call: SyscallObservation, commands: readonly Command[]): void {
    if (commands.length === 0 || call.startUs === undefined || call.durationUs === undefined) return;
    this.running.set(call.tid, { fromUs: call.startUs + call.durationUs, commands });
  }

  /** Whether the thread works on what it has read. */
  isRunning(tid: number | undefined): boolean {
    return this.running.has(tid);
  }

  /** Lines are missing: what ran before them ended somewhere in between. */
  gap(): void {
    this.running.clear();
    this.last.clear();
    this.unasked.clear();
  }

  /** Any call, before `read` is told of it. */
  call(call: SyscallObservation): void {
    if (INSIDE.has(call.name)) {
      this.last.delete(call.tid);
      return;
    }
    this.noteStall(call);
    const running = this.running.get(call.tid);
    if (running && call.startUs !== undefined) {
      this.running.delete(call.tid);
      const execution = { commands: running.commands, us: Math.max(0, call.startUs - running.fromUs) };
      this.executions.push(execution);
      const unasked = this.unasked.get(call.tid);
      if (unasked) unasked.push(execution);
      else this.unasked.set(call.tid, [execution]);
    }
    if (!POLLS.has(call.name)) return;
    for (const execution of this.unasked.get(call.tid) ?? []) {
      if (call.result !== undefined && call.result >= 0) execution.waiting = call.result;
    }
    this.unasked.delete(call.tid);
  }

  private noteStall(call: SyscallObservation): void {
    const after = this.last.get(call.tid);
    this.last.set(call.tid, call);
    if (!after || this.running.has(call.tid)) return;
    if (call.startUs === undefined || after.startUs === undefined || after.durationUs === undefined) return;
    const us = call.startUs - after.startUs - after.durationUs;
    if (us >= STALL_US) this.stalls.push({ after, before: call, us });
  }
}
