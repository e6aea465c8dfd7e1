import type { Problem } from '../core/capture.ts';

/** What is counted over the lines of a log, in flat arrays. Microseconds throughout. */

/** What the census does with a call beyond counting it. */
export const MARK_SYNC = 1;
export const MARK_OPENS = 2;
export const MARK_CLOSES = 4;
export const MARK_WAITS = 8;
export const MARK_FORKS = 16;
export const MARK_NO_TEXT = 32;

const MARKS: readonly (readonly [mark: number, names: string])[] = [
  [MARK_SYNC, 'fsync fdatasync sync_file_range syncfs msync'],
  // Bring a descriptor to life: later calls on it are understood through them.
  [MARK_OPENS, 'open openat openat2 creat accept accept4 socket dup dup2 dup3 connect'],
  [MARK_CLOSES, 'close'],
  // Wait for somebody else; their time is no work.
  [
    MARK_WAITS,
    `epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 futex pause nanosleep clock_nanosleep
    restart_syscall wait4 waitid rt_sigtimedwait rt_sigsuspend accept accept4 io_getevents io_uring_enter read recv
    recvfrom recvmsg`,
  ],
  [MARK_FORKS, 'clone clone3 fork vfork'],
  // Print no quoted text, whose end might have to be looked for.
  [
    MARK_NO_TEXT,
    `epoll_wait epoll_pwait epoll_pwait2 epoll_ctl poll ppoll select pselect6 futex nanosleep clock_nanosleep close
    fsync fdatasync accept accept4 restart_syscall madvise mmap munmap mprotect brk lseek dup dup2 dup3`,
  ],
];

/** Different names that are told apart; a log that has more holds something else. */
const MAX_NAMES = 1023;
/** Threads that are told apart. */
const MAX_THREADS = 4095;

/** Durations in buckets: exact below 64 µs, then 64 buckets to each doubling (2 %). */
const EXACT = 64;
export const BUCKETS = EXACT * 40;

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

/** Places in `Tally.times`. The first two are those of the call that is counted: an argument would go to the heap. */
export const START = 0;
export const DURATION = 1;
export const FIRST = 2;
export const LAST = 3;
export const SKIPPED = 4;
export const SYNC = 5;
export const LONGEST_SYNC = 6;
/** Places in `Tally.block`. */
const BLOCK_CALLS = 0;
const BLOCK_SYNC = 1;
const BLOCK_WORK = 2;
const BLOCK_SILENCE = 3;

/** Counters for a run of lines. Numbers lie in typed arrays, so that counting makes no garbage. */
export class Tally {
  lines = 0;
  unread = 0;
  syncs = 0;
  readonly problems: Problem[] = [];
  readonly times = new Float64Array(7).fill(Number.NaN, FIRST, SKIPPED);
  readonly names = new NameTable();
  readonly callsByName = new Float64Array(MAX_NAMES + 1);
  readonly usByName = new Float64Array(MAX_NAMES + 1);
  readonly timedByName = new Float64Array(MAX_NAMES + 1);
  readonly errorsByName = new Float64Array(MAX_NAMES + 1);
  /** By the number of the thread. */
  readonly tids: number[] = [];
  readonly callsByThread = new Float64Array(MAX_THREADS + 1);
  /** When the last call of a thread returned; NaN while it is inside one, or before its first. */
  readonly returnedUs = new Float64Array(MAX_THREADS + 1).fill(Number.NaN);
  readonly syncBuckets = new Float64Array(BUCKETS);
  readonly block = new Float64Array(4);
  private blockLine = 1;
  private readonly threads = new Map<number, number>();

  /** The number of a thread. @param tid -1 when the log does not print it */
  threadOf(tid: number): number {
    let thread = this.threads.get(tid);
    if (thread === undefined) {
      if (this.tids.length >= MAX_THREADS) return MAX_THREADS;
      thread = this.tids.push(tid) - 1;
      this.threads.set(tid, thread);
    }
    return thread;
  }

  /** A call began at times[START]; NaN in a log without times. */
  begin(id: number, thread: number, isInsideCall: boolean): void {
    const { times, block } = this;
    const startUs = times[START]!;
    const lastUs = times[LAST]!;
    if (startUs >= lastUs) {
      // Long times in which no thread was inside a call are gaps of the log.
      if (startUs - lastUs > GAP_US && !isInsideCall) times[SKIPPED]! += startUs - lastUs;
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
      this.syncs++;
      times[SYNC]! += durationUs;
      this.block[BLOCK_SYNC]! += durationUs;
      if (durationUs > times[LONGEST_SYNC]!) times[LONGEST_SYNC] = durationUs;
      this.syncBuckets[bucketOf(durationUs)]!++;
    } else if ((mark & MARK_WAITS) === 0) this.block[BLOCK_WORK]! += durationUs;
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

const GAP_US = 1_000_000;
const MAX_PROBLEMS = 1000;

/** Names of system calls, found by their bytes, four at a time. */
export class NameTable {
  readonly list: string[] = [];
  readonly marks = new Uint8Array(MAX_NAMES + 1);
  private readonly ids = new Map<string, number>();
  private readonly lengths = new Uint8Array(MAX_NAMES + 1);
  /** The bytes of each name, from NAME_BYTES * its number on, little-endian. */
  private readonly words = new Int32Array((MAX_NAMES + 1) * NAME_WORDS);
  private readonly heads = new Int16Array(HEADS).fill(-1);
  private readonly next = new Int16Array(MAX_NAMES + 1).fill(-1);

  /** The number of a name, a new one if need be; names past the last number share it. */
  idFor(name: string): number {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    if (this.list.length >= MAX_NAMES) return MAX_NAMES;
    const id = this.list.push(name) - 1;
    this.ids.set(name, id);
    for (const [mark, names] of MARKS) if (names.split(/\s+/).includes(name)) this.marks[id]! |= mark;
    if (name.length >= 4 && name.length <= 4 * NAME_WORDS) this.enter(id, Buffer.from(name, 'latin1'));
    return id;
  }

  /**
   * The number of the name that begins at `at` and ends before `stop`; -1 when it is not known, or too short.
   * @param view of the same bytes
   */
  find(view: DataView, at: number, stop: number): number {
    const first = view.getInt32(at, true);
    for (let id = this.heads[headOf(first)]!; id >= 0; id = this.next[id]!) {
      const length = this.lengths[id]!;
      const base = id * NAME_WORDS;
      if (this.words[base] !== first || view.getUint8(at + length) !== stop) continue;
      let word = 1;
      const whole = length >> 2;
      while (word < whole && this.words[base + word] === view.getInt32(at + 4 * word, true)) word++;
      if (word < whole) continue;
      // The last four bytes, which overlap the word before them.
      if (view.getInt32(at + length - 4, true) === this.words[base + NAME_WORDS - 1]) return id;
    }
    return -1;
  }

  lengthOf(id: number): number {
    return this.lengths[id]!;
  }

  private enter(id: number, bytes: Buffer): void {
    const base = id * NAME_WORDS;
    this.lengths[id] = bytes.length;
    for (let word = 0; word < bytes.length >> 2; word++)
      this.words[base + word] = bytes.readInt32LE(4 * word);
    this.words[base + NAME_WORDS - 1] = bytes.readInt32LE(bytes.length - 4);
    const head = headOf(bytes.readInt32LE(0));
    this.next[id] = this.heads[head]!;
    this.heads[head] = id;
  }
}

/** Room for the longest name, sched_rr_get_interval_time64, and for its last four bytes once more. */
const NAME_WORDS = 9;
const HEADS = 256;

function headOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 24;
}
