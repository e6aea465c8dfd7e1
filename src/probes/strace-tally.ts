import type { Problem } from '../core/capture.ts';
import {
  BLOCK_AT,
  BLOCK_CALLS,
  BLOCK_SILENCE,
  BLOCK_SYNC,
  BLOCK_WORK,
  BUCKETS,
  CALLS_BY_NAME_AT,
  CALLS_BY_THREAD_AT,
  CLOCK,
  DAY_US,
  DAYS,
  DURATION,
  ERRORS_BY_NAME_AT,
  EXACT,
  FIRST,
  GAP_US,
  INSIDE,
  LAST,
  LINES,
  LONGEST_SYNC,
  MARK_SYNC,
  MARK_WAITS,
  MAX_NAMES,
  MAX_THREADS,
  RETURNED_AT,
  SKIPPED,
  SLOTS,
  START,
  STATE_AT,
  STATES,
  SYNC,
  SYNC_BUCKETS_AT,
  SYNCS,
  THREAD_SLOTS_AT,
  TIMED_BY_NAME_AT,
  TIMES,
  TIMES_AT,
  US_BY_NAME_AT,
} from './strace-kernel/layout.ts';
import { NameTable } from './strace-names.ts';

/** What is counted over the lines of a log, in flat arrays in the kernel's memory. Microseconds throughout. */

export function bucketOf(us: number): number {
  if (us < EXACT) return us;
  const doublings = Math.floor(Math.log2(us)) - 6;
  return Math.min(BUCKETS - 1, EXACT + doublings * EXACT + Math.floor(us / 2 ** doublings) - EXACT);
}

/** The middle of a bucket. */
export function bucketUs(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const doublings = Math.floor(bucket / EXACT) - 1;
  return ((bucket % EXACT) + EXACT + 0.5) * 2 ** doublings;
}

/** What was counted in one block of the log: by this it is ranked for a closer look. */
export interface BlockCount {
  /** Number of its first line, and how many it has. */
  readonly line: number;
  readonly lines: number;
  readonly calls: number;
  readonly syncUs: number;
  /** Time inside calls that work, syncs left out. */
  readonly workUs: number;
  /** The longest time that a thread spent outside of calls. */
  readonly silenceUs: number;
}

/** Counters for a run of lines. Numbers lie in typed arrays, so that counting makes no garbage. */
export class Tally {
  unread = 0;
  readonly problems: Problem[] = [];
  /** By their places in the layout: state LINES to INSIDE, times START to DAYS, block BLOCK_CALLS to BLOCK_SILENCE. */
  readonly state: Int32Array;
  readonly times: Float64Array;
  readonly block: Float64Array;
  readonly names: NameTable;
  readonly callsByName: Float64Array;
  readonly usByName: Float64Array;
  readonly timedByName: Float64Array;
  readonly errorsByName: Float64Array;
  /** By the number of the thread. */
  readonly tids: number[] = [];
  readonly callsByThread: Float64Array;
  /** When the last call of a thread returned; NaN while it is inside one, or before its first. */
  readonly returnedUs: Float64Array;
  readonly syncBuckets: Float64Array;
  private blockLine = 1;
  private readonly threads = new Map<number, number>();
  private readonly threadSlots: Int32Array;

  /** @param memory of the kernel, all zero */
  constructor(memory: ArrayBuffer) {
    const numbers = (at: number, length: number) => new Float64Array(memory, at, length);
    this.state = new Int32Array(memory, STATE_AT, STATES);
    this.times = numbers(TIMES_AT, TIMES).fill(Number.NaN, FIRST, SKIPPED);
    this.block = numbers(BLOCK_AT, 4);
    this.names = new NameTable(memory);
    this.callsByName = numbers(CALLS_BY_NAME_AT, MAX_NAMES + 1);
    this.usByName = numbers(US_BY_NAME_AT, MAX_NAMES + 1);
    this.timedByName = numbers(TIMED_BY_NAME_AT, MAX_NAMES + 1);
    this.errorsByName = numbers(ERRORS_BY_NAME_AT, MAX_NAMES + 1);
    this.callsByThread = numbers(CALLS_BY_THREAD_AT, MAX_THREADS + 1);
    this.returnedUs = numbers(RETURNED_AT, MAX_THREADS + 1).fill(Number.NaN);
    this.syncBuckets = numbers(SYNC_BUCKETS_AT, BUCKETS);
    this.threadSlots = new Int32Array(memory, THREAD_SLOTS_AT, 2 * SLOTS);
  }

  get lines(): number {
    return this.state[LINES]!;
  }

  set lines(lines: number) {
    this.state[LINES] = lines;
  }

  /** Whether a thread is inside a call, so that what is silent is no gap. */
  set isInsideCall(is: boolean) {
    this.state[INSIDE] = is ? 1 : 0;
  }

  get syncs(): number {
    return this.state[SYNCS]!;
  }

  /** The number of a thread. @param tid -1 when the log does not print it */
  threadOf(tid: number): number {
    let thread = this.threads.get(tid);
    if (thread === undefined) {
      if (this.tids.length >= MAX_THREADS) return MAX_THREADS;
      thread = this.tids.push(tid) - 1;
      this.threads.set(tid, thread);
      if (tid <= MAX_TID) this.tellKernel(tid, thread);
    }
    return thread;
  }

  private tellKernel(tid: number, thread: number): void {
    let slot = (tid + 2) % SLOTS;
    while (this.threadSlots[2 * slot] !== 0) slot = (slot + 1) % SLOTS;
    this.threadSlots.set([tid + 2, thread], 2 * slot);
  }

  /** A call began at times[START]; NaN in a log without times. */
  begin(id: number, thread: number): void {
    const { times, block } = this;
    const startUs = times[START]!;
    const lastUs = times[LAST]!;
    if (startUs >= lastUs) {
      // Long times in which no thread was inside a call are gaps of the log.
      if (startUs - lastUs > GAP_US && this.state[INSIDE] === 0) times[SKIPPED]! += startUs - lastUs;
      times[LAST] = startUs;
    } else if (Number.isNaN(lastUs)) {
      times[FIRST] = startUs;
      times[LAST] = startUs;
    }
    block[BLOCK_CALLS]!++;
    this.callsByName[id]!++;
    this.callsByThread[thread]!++;
    const silenceUs = startUs - this.returnedUs[thread]!;
    if (silenceUs > block[BLOCK_SILENCE]!) block[BLOCK_SILENCE] = silenceUs;
  }

  /** The call that began at times[START] returned after times[DURATION]. */
  end(id: number, thread: number, failed: boolean): void {
    const { times } = this;
    const durationUs = times[DURATION]!;
    this.timedByName[id]!++;
    this.usByName[id]! += durationUs;
    const endUs = times[START]! + durationUs;
    this.returnedUs[thread] = endUs;
    if (endUs > times[LAST]!) times[LAST] = endUs;
    if (failed) return;
    const mark = this.names.marks[id]!;
    if (mark & MARK_SYNC) {
      this.state[SYNCS]!++;
      times[SYNC]! += durationUs;
      this.block[BLOCK_SYNC]! += durationUs;
      if (durationUs > times[LONGEST_SYNC]!) times[LONGEST_SYNC] = durationUs;
      this.syncBuckets[bucketOf(durationUs)]!++;
    } else if ((mark & MARK_WAITS) === 0) this.block[BLOCK_WORK]! += durationUs;
  }

  /** A time of the day (-tt) counted on past midnight; a time since the epoch as it is. */
  pastMidnight(us: number): number {
    const { times } = this;
    if (us >= DAY_US) return us;
    if (us < times[CLOCK]! - DAY_US / 2) times[DAYS]! += DAY_US;
    times[CLOCK] = us;
    return times[DAYS]! + us;
  }

  problem(problem: Problem): void {
    this.unread++;
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }

  /** What was counted since the last call of this. */
  nextBlock(): BlockCount {
    const [calls, syncUs, workUs, silenceUs] = this.block as unknown as [number, number, number, number];
    const line = this.blockLine;
    this.block.fill(0);
    this.blockLine = this.lines + 1;
    return { line, lines: this.lines + 1 - line, calls, syncUs, workUs, silenceUs };
  }
}

const MAX_PROBLEMS = 1000;
/** The longest number of a thread that the kernel reads has seven digits. */
const MAX_TID = 9_999_999;
