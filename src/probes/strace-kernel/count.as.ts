// AssemblyScript, compiled to WebAssembly by scripts/strace-kernel.mjs: the census of lines in the usual form, a quarter
// of what JavaScript takes. It agrees with CensusReader.quick() in strace-census.ts, which reads what this leaves.
import {
  BLOCK_AT,
  BLOCK_CALLS,
  BLOCK_SILENCE,
  BLOCK_SYNC,
  BLOCK_WORK,
  CALLS_BY_NAME_AT,
  CALLS_BY_THREAD_AT,
  CLOCK,
  DAY_US,
  DAYS,
  ERRORS_BY_NAME_AT,
  EXACT,
  FIRST,
  GAP_US,
  HEADS_AT,
  INSIDE,
  LAST,
  LENGTHS_AT,
  LINE_END,
  LINES,
  LONGEST_SYNC,
  MARK_CLOSES,
  MARK_FORKS,
  MARK_NO_TEXT,
  MARK_OPENS,
  MARK_SYNC,
  MARK_WAITS,
  MARKS_AT,
  NAME_WORDS,
  NAME_WORDS_AT,
  NEXT_AT,
  RETURNED_AT,
  SKIPPED,
  SLOTS,
  STATE_AT,
  SYNC,
  SYNC_BUCKETS_AT,
  SYNCS,
  THREAD_SLOTS_AT,
  TIMED_BY_NAME_AT,
  TIMES_AT,
  US_BY_NAME_AT,
} from './layout';

/**
 * Counts the lines that begin at `start` and end before `to`, until one is not in the usual form.
 * @returns where that line begins; its end is in LINE_END, -1 when it does not end before `to`
 */
export function count(start: i32, to: i32): i32 {
  const lineEnds = i8x16.splat(10);
  for (let at = start; at < to; at += 16) {
    let mask = i8x16.bitmask(i8x16.eq(v128.load(at), lineEnds));
    for (; mask !== 0; mask &= mask - 1) {
      const end = at + ctz(mask);
      if (end >= to) break;
      if (!line(start, load<u8>(end - 1) === 13 ? end - 1 : end)) {
        store<i32>(STATE_AT + 4 * LINE_END, end);
        return start;
      }
      add32(STATE_AT + 4 * LINES);
      start = end + 1;
    }
  }
  store<i32>(STATE_AT + 4 * LINE_END, -1);
  return start;
}

/** [pid  9085] 1700000000.123456 read(8, "*2\r\n$3\r\nGET\r\n"..., 16384) = 61 <0.000071> */
function line(start: i32, end: i32): bool {
  // A time and the shortest call: 12:00:00.000000 x() = 0 <0.000001>
  if (end - start < 34 || load<u8>(end - 1) !== 62) return false;

  let at = start;
  let tid = -1;
  const isBracket = load<u32>(at) === 0x6469705b; // "[pid"
  if (isBracket) {
    if (load<u8>(at + 4) !== 32) return false;
    at += 5;
    while (load<u8>(at) === 32) at++;
  }
  if (isBracket || (load<u8>(at + 2) !== 58 && load<u8>(at + 10) !== 46)) {
    const first = at;
    tid = 0;
    for (let digit: u32 = load<u8>(at) - 48; digit <= 9; digit = <u32>load<u8>(++at) - 48) {
      tid = tid * 10 + digit;
    }
    if (at === first || at - first > 7) return false;
    if (isBracket && load<u8>(at++) !== 93) return false;
    if (load<u8>(at) !== 32) return false;
    while (load<u8>(at) === 32) at++;
  }
  if (end - at < 34) return false;
  const thread = threadOf(tid);
  if (thread < 0) return false;

  let startUs: f64;
  if (load<u8>(at + 10) === 46 && load<u8>(at + 17) === 32) {
    const thousands = fourDigits(load<u32>(at));
    const ones = fourDigits(load<u32>(at + 4));
    const rest = twoDigits(load<u16>(at + 8));
    if ((thousands | ones | rest) < 0) return false;
    startUs = <f64>(<i64>(thousands * 10000 + ones) * 100 + rest) * 1e6;
    at += 18;
  } else if (
    load<u8>(at + 2) === 58 &&
    load<u8>(at + 5) === 58 &&
    load<u8>(at + 8) === 46 &&
    load<u8>(at + 15) === 32
  ) {
    const hours = twoDigits(load<u16>(at));
    const minutes = twoDigits(load<u16>(at + 3));
    const seconds = twoDigits(load<u16>(at + 6));
    if ((hours | minutes | seconds) < 0) return false;
    startUs = <f64>((hours * 60 + minutes) * 60 + seconds) * 1e6;
    at += 16;
  } else return false;
  const hundreds = fourDigits(load<u32>(at - 7));
  const micros = twoDigits(load<u16>(at - 3));
  if ((hundreds | micros) < 0) return false;
  startUs += <f64>(hundreds * 100 + micros);

  const id = nameAt(at);
  if (id < 0) return false;
  at += load<u8>(LENGTHS_AT + id);

  if (load<u8>(end - 10) !== 60 || load<u8>(end - 8) !== 46 || load<u8>(end - 11) !== 32) return false;
  const whole: u32 = load<u8>(end - 9) - 48;
  const high = twoDigits(load<u16>(end - 7));
  const low = fourDigits(load<u32>(end - 5));
  if (whole > 9 || (high | low) < 0) return false;
  const durationUs = whole * 1000000 + high * 10000 + low;

  const equals = equalsBefore(end - 11, at);
  if (equals < 0) return false;
  const marks = load<u8>(MARKS_AT + id);
  if ((marks & MARK_NO_TEXT) === 0 && !endsOutsideText(equals, at)) return false;
  const failed = load<u8>(equals + 2) === 45;
  if (!failed && (marks & (MARK_OPENS | MARK_CLOSES | MARK_FORKS)) !== 0) return false;

  startUs = pastMidnight(startUs);
  begin(id, thread, startUs);
  returned(id, thread, startUs, durationUs);
  if (failed) add(ERRORS_BY_NAME_AT + 8 * id, 1);
  else if ((marks & MARK_SYNC) !== 0) synced(durationUs);
  else if ((marks & MARK_WAITS) === 0) add(BLOCK_AT + 8 * BLOCK_WORK, durationUs);
  return true;
}

function begin(id: i32, thread: i32, startUs: f64): void {
  const lastUs = timeOf(LAST);
  if (startUs >= lastUs) {
    if (startUs - lastUs > GAP_US && load<i32>(STATE_AT + 4 * INSIDE) === 0) {
      add(TIMES_AT + 8 * SKIPPED, startUs - lastUs);
    }
    setTime(LAST, startUs);
  } else if (Number.isNaN(lastUs)) {
    setTime(FIRST, startUs);
    setTime(LAST, startUs);
  }
  add(BLOCK_AT + 8 * BLOCK_CALLS, 1);
  add(CALLS_BY_NAME_AT + 8 * id, 1);
  add(CALLS_BY_THREAD_AT + 8 * thread, 1);
  const silenceUs = startUs - load<f64>(RETURNED_AT + 8 * thread);
  if (silenceUs > load<f64>(BLOCK_AT + 8 * BLOCK_SILENCE))
    store<f64>(BLOCK_AT + 8 * BLOCK_SILENCE, silenceUs);
}

function returned(id: i32, thread: i32, startUs: f64, durationUs: i32): void {
  add(TIMED_BY_NAME_AT + 8 * id, 1);
  add(US_BY_NAME_AT + 8 * id, durationUs);
  const endUs = startUs + durationUs;
  store<f64>(RETURNED_AT + 8 * thread, endUs);
  if (endUs > timeOf(LAST)) setTime(LAST, endUs);
}

function synced(us: i32): void {
  add32(STATE_AT + 4 * SYNCS);
  add(TIMES_AT + 8 * SYNC, us);
  add(BLOCK_AT + 8 * BLOCK_SYNC, us);
  if (us > timeOf(LONGEST_SYNC)) setTime(LONGEST_SYNC, us);
  let bucket = us;
  if (us >= EXACT) {
    const doublings = 31 - clz(us) - 6;
    bucket = doublings * EXACT + (us >> doublings);
  }
  add(SYNC_BUCKETS_AT + 8 * bucket, 1);
}

/** A time of the day counted on past midnight; a time since the epoch as it is. */
function pastMidnight(us: f64): f64 {
  if (us >= DAY_US) return us;
  if (us < timeOf(CLOCK) - DAY_US / 2) setTime(DAYS, timeOf(DAYS) + DAY_US);
  setTime(CLOCK, us);
  return timeOf(DAYS) + us;
}

/** The place of a thread; -1 when it is new. */
function threadOf(tid: i32): i32 {
  let slot = tid + 2;
  let at: i32;
  do at = THREAD_SLOTS_AT + 8 * (slot++ & (SLOTS - 1));
  while (load<i32>(at) !== tid + 2 && load<i32>(at) !== 0);
  return load<i32>(at) === 0 ? -1 : load<i32>(at + 4);
}

/** The number of the name that stands here before "("; -1 when it is new, or shorter than four letters. */
function nameAt(at: i32): i32 {
  const first = load<i32>(at);
  const hash: u32 = first * 0x9e3779b1;
  for (let id = load<i32>(HEADS_AT + 4 * (hash >> 24)); id >= 0; id = load<i32>(NEXT_AT + 4 * id)) {
    const words = NAME_WORDS_AT + 4 * NAME_WORDS * id;
    const length: i32 = load<u8>(LENGTHS_AT + id);
    if (load<i32>(words) !== first || load<u8>(at + length) !== 40) continue;
    let byte = 4;
    while (byte + 4 <= length && load<i32>(words + byte) === load<i32>(at + byte)) byte += 4;
    if (byte + 4 <= length) continue;
    // The last four bytes, which overlap the word before them.
    if (load<i32>(at + length - 4) === load<i32>(words + 4 * (NAME_WORDS - 1))) return id;
  }
  return -1;
}

/** Where "=" is in ") = 61" or ") = -1 EAGAIN (Resource temporarily unavailable)", going back; -1 for no result. */
function equalsBefore(from: i32, least: i32): i32 {
  // The longest result with what strace explains of it, as it does for poll().
  const stop = max(least, from - 400);
  for (let at = from - 2; at > stop; at--) {
    if (load<u8>(at) !== 61 || load<u8>(at - 1) !== 32 || load<u8>(at + 1) !== 32) continue;
    const next: u32 = load<u8>(at + 2);
    if (next !== 45 && next - 48 > 9) return -1;
    let close = at - 1;
    while (load<u8>(close) === 32) close--;
    if (load<u8>(close) === 41) return at;
  }
  return -1;
}

/** Whether the result surely stands behind the arguments: going back, the nearest quote is one that closes. */
function endsOutsideText(from: i32, least: i32): bool {
  let at = from - 1;
  while (at > least && load<u8>(at) !== 34) at--;
  if (at <= least) return true;
  const next = load<u8>(at + 1);
  if (next !== 44 && next !== 41 && next !== 46 && next !== 125 && next !== 93) return false;
  const before = load<u8>(at - 1);
  return before !== 32 && before !== 61 && before !== 40 && before !== 123 && before !== 91 && before !== 92;
}

/** Four digits that were read as one word, all looked at together; negative when they are none. */
function fourDigits(word: u32): i32 {
  const values = word - 0x30303030;
  // A byte above 9 has its high bit set after adding 0x76, one below "0" has it already.
  if (((values + 0x76767676) | values) & 0x80808080) return -1;
  // Pairs first, then both pairs: each byte holds ten times itself and the byte above it.
  const pairs = values * 10 + (values >> 8);
  return (pairs & 0xff) * 100 + ((pairs >> 16) & 0xff);
}

/** Two digits that were read as one word; negative when they are none. */
function twoDigits(word: u32): i32 {
  const tens = (word & 0xff) - 48;
  const ones = (word >> 8) - 48;
  return tens > 9 || ones > 9 ? -1 : tens * 10 + ones;
}

function timeOf(place: i32): f64 {
  return load<f64>(TIMES_AT + 8 * place);
}

function setTime(place: i32, us: f64): void {
  store<f64>(TIMES_AT + 8 * place, us);
}

function add(at: i32, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

function add32(at: i32): void {
  store<i32>(at, load<i32>(at) + 1);
}
