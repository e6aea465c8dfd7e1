import {
  digits,
  digitsFrom,
  endsOutsideText,
  equalsBefore,
  fourDigits,
  isUnfinished,
  twoDigits,
} from './strace-bytes.ts';
import { BLOCK_BYTES, type LineFinder } from './strace-newlines.ts';
import { SlowLines } from './strace-slow-lines.ts';
import {
  type BlockCount,
  DURATION,
  MARK_CLOSES,
  MARK_FORKS,
  MARK_NO_TEXT,
  MARK_OPENS,
  START,
  Tally,
} from './strace-tally.ts';

/**
 * One cheap pass over all lines of a log: every call is counted under its name and its thread, with its time, without
 * making a string of its line. A line in the usual form is read at its two ends only, where name and duration stand;
 * every other line goes to StraceReader, so both say the same.
 *
 *   [pid  9085] 1700000000.123456 read(8, "*2\r\n$3\r\nGET\r\n"..., 16384) = 61 <0.000071>
 *   9085  14:20:16.826301 futex(0x55c3, FUTEX_WAIT, 0, NULL <unfinished ...>
 *   9085  14:20:16.826401 <... futex resumed>) = -1 EAGAIN (Resource temporarily unavailable) <0.000005>
 */

/** A line that is kept because it names a descriptor or a thread. */
export interface KeptLine {
  readonly line: number;
  readonly text: string;
}

/** The first half of a call that was split in two. */
export interface Started extends KeptLine {
  readonly id: number;
  readonly startUs: number;
}

/** Open descriptors, and new threads, whose lines are kept. */
const MAX_KEPT = 4096;
const DAY_US = 86_400e6;

export class CensusReader {
  readonly tally = new Tally();
  /** Descriptor of a thread → the lines that brought it to life. */
  readonly opened = new Map<number, KeptLine[]>();
  readonly forks: KeptLine[] = [];
  /** Thread → its call that has not returned. */
  private readonly started = new Map<number, Started>();
  private readonly slow = new SlowLines(this);
  private readonly bytes: Uint8Array;
  private readonly buffer: Buffer;
  private readonly view: DataView;
  /** Bytes of an unfinished line in front of the next block. */
  private carried = 0;
  private restFrom = BLOCK_BYTES;
  private restTo = BLOCK_BYTES;
  /** The line is too long to be read; its rest is passed over. */
  private skipping = false;
  // What the line before said of its thread, so that it is read once for many lines.
  private tid = -1;
  private thread = 0;
  private threadBytes = 0;
  private readonly threadWords = new Int32Array(6);
  // The first eight digits of the seconds since the epoch, as bytes and as microseconds.
  private seconds1 = 0;
  private seconds2 = 0;
  private hundredsUs = Number.NaN;
  private dayUs = 0;
  private lastClockUs = 0;

  constructor(private readonly finder: LineFinder) {
    const { bytes } = finder;
    this.bytes = bytes;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /**
   * Reads the block that lies at BLOCK_BYTES in the finder's bytes. A line belongs to the block in which it ends.
   * @returns what was counted in the block; its lines lie in bytes[from, to) until makeRoom()
   */
  push(length: number): BlockCount & { readonly from: number; readonly to: number } {
    const count = this.finder.find(BLOCK_BYTES, BLOCK_BYTES + length);
    const { ends } = this.finder;
    const from = this.skipping ? BLOCK_BYTES + length : BLOCK_BYTES - this.carried;
    let start = from;
    let whole = from;
    let line = this.tally.lines + 1;
    for (let at = 0; at < count; at++) {
      const end = ends[at]!;
      if (this.skipping) {
        this.passed();
        whole = end + 1;
        line = this.tally.lines + 1;
      } else this.line(start, end);
      start = end + 1;
    }
    this.restFrom = start;
    this.restTo = BLOCK_BYTES + length;
    const lines = this.tally.lines + 1 - line;
    return { ...this.tally.nextBlock(), line, lines, from: whole, to: count > 0 ? start : whole };
  }

  /** A last line needs no line end. */
  endLine(): void {
    this.makeRoom();
    if (this.skipping) this.passed();
    else if (this.carried > 0) this.line(BLOCK_BYTES - this.carried, BLOCK_BYTES);
    this.carried = 0;
    this.restFrom = BLOCK_BYTES;
    this.tally.nextBlock();
  }

  /** Calls that have not returned. */
  get unfinished(): number {
    return this.started.size + this.slow.openCalls;
  }

  /** To be called before the next block is put to BLOCK_BYTES: what is left of the last one goes before it. */
  makeRoom(): void {
    const rest = this.restTo - this.restFrom;
    if (rest > BLOCK_BYTES) this.skipping = true;
    this.carried = this.skipping ? 0 : rest;
    if (this.carried > 0) this.bytes.copyWithin(BLOCK_BYTES - rest, this.restFrom, this.restTo);
    this.restFrom = BLOCK_BYTES - this.carried;
    this.restTo = BLOCK_BYTES;
  }

  /** The end of a line that was passed over. */
  private passed(): void {
    this.skipping = false;
    const line = ++this.tally.lines;
    this.tally.problem({ line, text: '', reason: `longer than ${BLOCK_BYTES / 1024} KiB` });
  }

  private line(start: number, end: number): void {
    this.tally.lines++;
    const last = end > start && this.bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    if (this.slow.mustSeeNext || !this.quick(start, last)) {
      this.slow.adopt(this.started);
      this.started.clear();
      this.slow.read(this.text(start, last), this.tally.lines);
    }
  }

  /** @returns false when the line is not in the usual form; nothing was counted then */
  private quick(start: number, end: number): boolean {
    const { bytes, view, tally } = this;
    if (end - start < SHORTEST || bytes[end - 1] !== GREATER) return false;
    if (!this.isSameThread(start) && !this.readThread(start)) return false;
    let at = start + this.threadBytes;
    if (end - at < SHORTEST) return false;

    let startUs = 0;
    if (bytes[at + 10] === POINT && bytes[at + 17] === SPACE) {
      if (view.getInt32(at, true) !== this.seconds1 || view.getInt32(at + 4, true) !== this.seconds2) {
        this.seconds1 = view.getInt32(at, true);
        this.seconds2 = view.getInt32(at + 4, true);
        this.hundredsUs = digits(bytes, at, at + 8) * 100e6;
      }
      startUs = this.hundredsUs + twoDigits(view.getInt16(at + 8, true)) * 1e6;
      at += 18;
    } else if (bytes[at + 2] === COLON && bytes[at + 8] === POINT && bytes[at + 15] === SPACE) {
      const hours = twoDigits(view.getInt16(at, true));
      const minutes = twoDigits(view.getInt16(at + 3, true));
      startUs = ((hours * 60 + minutes) * 60 + twoDigits(view.getInt16(at + 6, true))) * 1e6;
      if (bytes[at + 5] !== COLON) return false;
      at += 16;
    } else return false;
    startUs += fourDigits(view.getInt32(at - 7, true)) * 100 + twoDigits(view.getInt16(at - 3, true));
    if (!(startUs >= 0)) return false;

    const resumes = bytes[at] === LESS;
    if (resumes) {
      if (bytes[at + 3] !== POINT || bytes[at + 4] !== SPACE) return false;
      at += 5;
    }
    const id = tally.names.find(view, at, resumes ? SPACE : PAREN);
    if (id < 0) return false;
    at += tally.names.lengthOf(id);

    if (bytes[end - 2] === POINT) {
      if (resumes || this.tid < 0 || !isUnfinished(bytes, end)) return false;
      startUs = this.pastMidnight(startUs);
      tally.times[START] = startUs;
      tally.begin(id, this.thread, this.started.size > 0);
      tally.returnedUs[this.thread] = Number.NaN;
      this.started.set(this.tid, { id, startUs, line: tally.lines, text: this.text(start, end) });
      return true;
    }
    if (bytes[end - 10] !== LESS || bytes[end - 8] !== POINT || bytes[end - 11] !== SPACE) return false;
    const durationUs =
      view.getInt32(end - 9, true) === NO_HUNDREDTHS
        ? fourDigits(view.getInt32(end - 5, true))
        : digits(bytes, end - 9, end - 8) * 1e6 + digits(bytes, end - 7, end - 1);
    if (!(durationUs >= 0)) return false;
    const equals = equalsBefore(bytes, end - 11, at);
    if (equals < 0) return false;
    if ((tally.names.marks[id]! & MARK_NO_TEXT) === 0 && !endsOutsideText(bytes, equals, at)) return false;

    let started: Started | undefined;
    if (resumes) {
      started = this.started.get(this.tid);
      if (started?.id !== id) return false;
      this.started.delete(this.tid);
      tally.times[START] = started.startUs;
    } else {
      tally.times[START] = this.pastMidnight(startUs);
      tally.begin(id, this.thread, this.started.size > 0);
    }
    tally.times[DURATION] = durationUs;
    const failed = bytes[equals + 2] === MINUS;
    tally.end(id, this.thread, failed);
    if (failed) tally.errorsByName[id]!++;
    else if ((tally.names.marks[id]! & KEEP) !== 0) {
      const lines = [...(started ? [started] : []), { line: tally.lines, text: this.text(start, end) }];
      this.keep(id, this.tid, digitsFrom(bytes, at + 1), digitsFrom(bytes, equals + 2), lines);
    }
    return true;
  }

  /** Whether "[pid  9085] " stands here as in the line before. */
  private isSameThread(start: number): boolean {
    const { view, threadWords, threadBytes } = this;
    if (threadBytes < 4) return false;
    let at = 0;
    for (; at + 4 <= threadBytes; at += 4) {
      if (view.getInt32(start + at, true) !== threadWords[at >> 2]) return false;
    }
    return view.getInt32(start + threadBytes - 4, true) === threadWords[5];
  }

  private readThread(start: number): boolean {
    const { bytes, view } = this;
    let at = start;
    if (bytes[at] === BRACKET) {
      if (bytes[at + 1] !== LETTER_P || bytes[at + 4] !== SPACE) return false;
      at += 5;
      while (bytes[at] === SPACE) at++;
    } else if (bytes[at + 2] === COLON || bytes[at + 10] === POINT) {
      this.tid = -1;
      this.thread = this.tally.threadOf(-1);
      this.threadBytes = 0;
      return true;
    }
    const tid = digitsFrom(bytes, at);
    if (tid < 0 || tid >= 1e7) return false;
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
    if (bytes[start] === BRACKET && bytes[at++] !== CLOSING_BRACKET) return false;
    if (bytes[at] !== SPACE) return false;
    while (bytes[at] === SPACE) at++;
    this.tid = tid;
    this.thread = this.tally.threadOf(tid);
    this.threadBytes = at - start;
    if (this.threadBytes > 20) this.threadBytes = 0;
    for (let byte = 0; byte + 4 <= this.threadBytes; byte += 4) {
      this.threadWords[byte >> 2] = view.getInt32(start + byte, true);
    }
    if (this.threadBytes >= 4) this.threadWords[5] = view.getInt32(at - 4, true);
    return this.threadBytes >= 4;
  }

  /** Descriptors that are opened and closed, and threads that begin. */
  keep(id: number, tid: number, fd: number, result: number, lines: readonly KeptLine[]): void {
    const marks = this.tally.names.marks[id]!;
    if (marks & MARK_CLOSES) this.opened.delete(keyOf(tid, fd));
    else if (marks & MARK_FORKS) {
      if (result > 0 && this.forks.length < MAX_KEPT) this.forks.push(...lines);
    } else if (marks & MARK_OPENS && result >= 0) {
      const connects = this.tally.names.list[id] === 'connect';
      const key = keyOf(tid, connects ? fd : result);
      const before = connects ? (this.opened.get(key) ?? []) : [];
      if (before.length > 0 || this.opened.size < MAX_KEPT)
        this.opened.set(key, [...before, ...lines].slice(-4));
    }
  }

  private text(start: number, end: number): string {
    return this.buffer.toString('utf8', start, end);
  }

  /** A time of the day (-tt) counted on past midnight; a time since the epoch as it is. */
  private pastMidnight(us: number): number {
    if (us >= DAY_US) return us;
    if (us < this.lastClockUs - DAY_US / 2) this.dayUs += DAY_US;
    this.lastClockUs = us;
    return this.dayUs + us;
  }
}

const keyOf = (tid: number, fd: number): number => (tid + 1) * 2 ** 24 + fd;

const KEEP = MARK_OPENS | MARK_CLOSES | MARK_FORKS;
/** A time and the shortest call: 12:00:00.000000 x() = 0 <0.000001> */
const SHORTEST = 34;
/** "0.00" */
const NO_HUNDREDTHS = 0x30302e30;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const PAREN = 40;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const LESS = 60;
const GREATER = 62;
const BRACKET = 91;
const CLOSING_BRACKET = 93;
const LETTER_P = 112;
