/**
 * Where the counters of the census lie in the memory that it shares with its kernel: offsets in bytes. Read by both
 * compilers, so constants only. Numbers are little-endian; what is counted is an f64, as exact as JavaScript's numbers.
 */

/** Bytes that are looked at together: small enough to stay in the cache while their lines are read. */
export const BLOCK_BYTES = 262144;
/** Twice a block: the end of the last line stands before the next block. */
export const ROOM = 2 * BLOCK_BYTES;

/** Different names that are told apart; a log that has more holds something else. */
export const MAX_NAMES = 1023;
/** Threads that are told apart. */
export const MAX_THREADS = 4095;

/** Durations in buckets: exact below 64 µs, then 64 buckets to each doubling (2 %). */
export const EXACT = 64;
export const BUCKETS = EXACT * 40;

/** What the census does with a call beyond counting it. */
export const MARK_SYNC = 1;
export const MARK_OPENS = 2;
export const MARK_CLOSES = 4;
export const MARK_WAITS = 8;
export const MARK_FORKS = 16;
export const MARK_NO_TEXT = 32;

/** Places of f64 in TIMES_AT, microseconds. The first two are those of the call that is counted. */
export const START = 0;
export const DURATION = 1;
export const FIRST = 2;
export const LAST = 3;
export const SKIPPED = 4;
export const SYNC = 5;
export const LONGEST_SYNC = 6;
/** The time of day (-tt) of the last line, and what is to be added to it past midnight. */
export const CLOCK = 7;
export const DAYS = 8;
export const TIMES = 9;

/** Places of f64 in BLOCK_AT: what was counted since the block began. */
export const BLOCK_CALLS = 0;
export const BLOCK_SYNC = 1;
export const BLOCK_WORK = 2;
export const BLOCK_SILENCE = 3;

/** Places of i32 in STATE_AT. */
/** Lines that the kernel counted, ever. */
export const LINES = 0;
export const SYNCS = 1;
/** Where the line ends that count() stopped at; -1 when it does not end in the block. */
export const LINE_END = 2;
/** 1 while a thread is inside a call. */
export const INSIDE = 3;
export const STATES = 4;

/** Longer silences in which no thread is inside a call are gaps of the log. */
export const GAP_US = 1000000;
export const DAY_US = 86400e6;

/** A name's bytes in four-byte words, and its last four once more: room for sched_rr_get_interval_time64. */
export const NAME_WORDS = 9;
/** Names by a hash of their first four bytes. */
export const HEADS = 256;
/** Threads by their number: i32 pairs of tid + 2, or 0, and the place among the threads. */
export const SLOTS = 8192;

/** Behind the log's bytes and as many more as one look takes. */
export const TIMES_AT = ROOM + 64;
export const BLOCK_AT = TIMES_AT + 8 * TIMES;
export const STATE_AT = BLOCK_AT + 8 * 4;
export const SYNC_BUCKETS_AT = STATE_AT + 4 * STATES;
export const CALLS_BY_NAME_AT = SYNC_BUCKETS_AT + 8 * BUCKETS;
export const US_BY_NAME_AT = CALLS_BY_NAME_AT + 8 * (MAX_NAMES + 1);
export const TIMED_BY_NAME_AT = US_BY_NAME_AT + 8 * (MAX_NAMES + 1);
export const ERRORS_BY_NAME_AT = TIMED_BY_NAME_AT + 8 * (MAX_NAMES + 1);
export const CALLS_BY_THREAD_AT = ERRORS_BY_NAME_AT + 8 * (MAX_NAMES + 1);
export const RETURNED_AT = CALLS_BY_THREAD_AT + 8 * (MAX_THREADS + 1);
export const THREAD_SLOTS_AT = RETURNED_AT + 8 * (MAX_THREADS + 1);
export const NAME_WORDS_AT = THREAD_SLOTS_AT + 8 * SLOTS;
/** i32 for each hash: the last name that has it, or -1; then for each name the one before. */
export const HEADS_AT = NAME_WORDS_AT + 4 * NAME_WORDS * (MAX_NAMES + 1);
export const NEXT_AT = HEADS_AT + 4 * HEADS;
/** u8 for each name. */
export const LENGTHS_AT = NEXT_AT + 4 * (MAX_NAMES + 1);
export const MARKS_AT = LENGTHS_AT + MAX_NAMES + 1;
export const END_AT = MARKS_AT + MAX_NAMES + 1;
/** Of 64 KiB. */
export const PAGES = 14;
