import { digits, digitsFrom, endsOutsideText, equalsBefore, isUnfinished } from './strace-bytes.ts';
import {
  BLOCK_BYTES,
  DURATION,
  LINE_END,
  MARK_CLOSES,
  MARK_FORKS,
  MARK_NO_TEXT,
  MARK_OPENS,
  START,
} from './strace-kernel/layout.ts';
import type { Kernel } from './strace-kernel.ts';
import { SlowLines } from './strace-slow-lines.ts';
import { type BlockCount, Tally } from './strace-tally.ts';

/**
 * One cheap pass over all lines of a log: every call is counted under its name and its thread, with its time, without
 * making a string of its line. A line in the usual form is read at its two ends only, where name and duration stand:
 * most of them in the kernel; here those that the census must remember, or whose name or thread is new. Every other line
 * goes to StraceReader. All say the same.
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

export class CensusReader {
  readonly tally: Tally;
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
  // What the line under way says of its thread.
  private tid = -1;
  private thread = 0;

  constructor(private readonly kernel: Kernel) {
    const { bytes } = kernel;
    this.tally = new Tally(bytes.buffer);
    this.bytes = bytes;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /**
   * Reads the block that lies at BLOCK_BYTES in the kernel's bytes. A line belongs to the block in which it ends.
   * @returns what was counted in the block; its lines lie in bytes[from, to) until makeRoom()
   */
  push(length: number): BlockCount & { readonly from: number; readonly to: number } {
    const to = BLOCK_BYTES + length;
    let start = BLOCK_BYTES - this.carried;
    if (this.skipping) {
      const end = this.lineEnd(BLOCK_BYTES, to);
      if (end >= 0) this.passed();
      start = end < 0 ? to : end + 1;
    }
    const from = start;
    const line = this.tally.lines + 1;
    while (start < to) {
      let end: number;
      if (this.slow.mustSeeNext) end = this.lineEnd(start, to);
      else {
        this.tally.isInsideCall = this.started.size > 0;
        start = this.kernel.count(start, to);
        end = this.tally.state[LINE_END]!;
      }
      if (end < 0) break;
      this.line(start, end);
      start = end + 1;
    }
    this.restFrom = start;
    this.restTo = to;
    const lines = this.tally.lines + 1 - line;
    return { ...this.tally.nextBlock(), line, lines, from, to: start };
  }

  private lineEnd(from: number, to: number): number {
    const end = this.bytes.indexOf(LINE_FEED, from);
    return end < to ? end : -1;
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
    let at = this.readThread(start);
    if (at < 0 || end - at < SHORTEST) return false;

    let startUs = 0;
    if (bytes[at + 10] === POINT && bytes[at + 17] === SPACE) {
      startUs = digits(bytes, at, at + 10) * 1e6;
      at += 18;
    } else if (
      bytes[at + 2] === COLON &&
      bytes[at + 5] === COLON &&
      bytes[at + 8] === POINT &&
      bytes[at + 15] === SPACE
    ) {
      const hours = digits(bytes, at, at + 2);
      const minutes = digits(bytes, at + 3, at + 5);
      startUs = ((hours * 60 + minutes) * 60 + digits(bytes, at + 6, at + 8)) * 1e6;
      at += 16;
    } else return false;
    startUs += digits(bytes, at - 7, at - 1);
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
      startUs = tally.pastMidnight(startUs);
      tally.times[START] = startUs;
      tally.begin(id, this.thread);
      tally.returnedUs[this.thread] = Number.NaN;
      this.started.set(this.tid, { id, startUs, line: tally.lines, text: this.text(start, end) });
      return true;
    }
    if (bytes[end - 10] !== LESS || bytes[end - 8] !== POINT || bytes[end - 11] !== SPACE) return false;
    const durationUs = digits(bytes, end - 9, end - 8) * 1e6 + digits(bytes, end - 7, end - 1);
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
      tally.times[START] = tally.pastMidnight(startUs);
      tally.begin(id, this.thread);
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

  /** @returns where the thread's number and what frames it end; -1 when it is not in the usual form */
  private readThread(start: number): number {
    const { bytes } = this;
    let at = start;
    let tid = -1;
    const isBracket = bytes[at] === BRACKET;
    if (isBracket || (bytes[at + 2] !== COLON && bytes[at + 10] !== POINT)) {
      if (isBracket) {
        if (bytes[at + 1] !== LETTER_P || bytes[at + 4] !== SPACE) return -1;
        at += 5;
        while (bytes[at] === SPACE) at++;
      }
      tid = digitsFrom(bytes, at);
      if (tid < 0 || tid >= 1e7) return -1;
      while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
      if (isBracket && bytes[at++] !== CLOSING_BRACKET) return -1;
      if (bytes[at] !== SPACE) return -1;
      while (bytes[at] === SPACE) at++;
    }
    this.tid = tid;
    this.thread = this.tally.threadOf(tid);
    return at;
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
}

const keyOf = (tid: number, fd: number): number => (tid + 1) * 2 ** 24 + fd;

const KEEP = MARK_OPENS | MARK_CLOSES | MARK_FORKS;
/** A time and the shortest call: 12:00:00.000000 x() = 0 <0.000001> */
const SHORTEST = 34;
const LINE_FEED = 10;
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
