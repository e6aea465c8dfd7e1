import type { SyscallObservation } from '../../core/observation.ts';
import { directionOf } from './channel.ts';
import { POLLS } from './execution.ts';

/** What a thread did in a call, or between two: everything that is no waiting counts as work, time without a CPU too. */
export type Doing = 'sync' | 'append' | 'wait' | 'work';

/** Microseconds of a stretch by what the thread did in it; they sum to its length. */
export interface Spent extends Readonly<Record<Doing, number>> {
  /** Calls that began in it. */
  readonly calls: number;
  /** Reads that began in it and brought requests of clients, or their ends. */
  readonly requests: number;
}

/** An inward call that took this long had to wait for its bytes, the tracer's own share apart. */
const BLOCKED_US = 20;
const SLEEPS = new Set(
  'nanosleep clock_nanosleep futex wait4 waitid flock accept accept4 connect pause rt_sigtimedwait'.split(
    ' ',
  ),
);

/** What a call is by its name, where what moved through it says nothing else. */
export function doingOf(call: SyscallObservation, floorUs: number): Doing {
  if (POLLS.has(call.name) || SLEEPS.has(call.name)) return 'wait';
  const isLong = (call.durationUs ?? 0) > floorUs + BLOCKED_US;
  return isLong && directionOf(call) === 'in' ? 'wait' : 'work';
}

/** The calls of one thread, summed up so that any stretch of its time is told in a few steps. Noted in their order. */
export class ThreadTimes {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly doings: Doing[] = [];
  /** Sums of all calls before this one. */
  private readonly before = { sync: [] as number[], append: [] as number[], wait: [] as number[] };
  /** End of the last call so far that waited. */
  private readonly waitedUntil: number[] = [];
  private readonly sums = { sync: 0, append: 0, wait: 0 };
  private readonly requestsUntil: number[] = [];
  private requests = 0;
  private waited = Number.NEGATIVE_INFINITY;

  constructor(private readonly floorUs: number) {}

  note(startUs: number, durationUs: number, doing: Doing): void {
    // Clocks of a log go in steps; a call does not begin before the one before it ended.
    const start = Math.max(startUs, this.ends.at(-1) ?? startUs);
    const end = Math.max(start, startUs + durationUs);
    this.starts.push(start);
    this.ends.push(end);
    this.doings.push(doing);
    this.before.sync.push(this.sums.sync);
    this.before.append.push(this.sums.append);
    this.before.wait.push(this.sums.wait);
    if (doing !== 'work') this.sums[doing] += end - start;
    if (doing === 'wait' && end - start > this.floorUs + BLOCKED_US) this.waited = end;
    this.waitedUntil.push(this.waited);
    this.requestsUntil.push(this.requests);
  }

  /** The call that was noted last brought a request, or the end of one. */
  request(): void {
    this.requests++;
    this.requestsUntil[this.requestsUntil.length - 1] = this.requests;
  }

  spent(fromUs: number, toUs: number): Spent {
    const from = this.at(fromUs);
    const to = this.at(toUs);
    const sync = to.sync - from.sync;
    const append = to.append - from.append;
    const wait = to.wait - from.wait;
    const work = Math.max(0, toUs - fromUs - sync - append - wait);
    return { sync, append, wait, work, calls: to.calls - from.calls, requests: to.requests - from.requests };
  }

  /** When the thread last went on after it had waited for work; -Infinity when it never had. */
  lastWaitBefore(us: number): number {
    const index = this.indexAt(us);
    return index < 0 ? Number.NEGATIVE_INFINITY : this.waitedUntil[index]!;
  }

  /** Sums from the beginning to a moment. */
  private at(us: number): Omit<Spent, 'work'> {
    const index = this.indexAt(us);
    if (index < 0) return { sync: 0, append: 0, wait: 0, calls: 0, requests: 0 };
    const doing = this.doings[index]!;
    const within = Math.min(us, this.ends[index]!) - this.starts[index]!;
    return {
      sync: this.before.sync[index]! + (doing === 'sync' ? within : 0),
      append: this.before.append[index]! + (doing === 'append' ? within : 0),
      wait: this.before.wait[index]! + (doing === 'wait' ? within : 0),
      calls: index + 1,
      requests: this.requestsUntil[index]!,
    };
  }

  /** The last call that began by then; -1 before the first. */
  private indexAt(us: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= us) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
