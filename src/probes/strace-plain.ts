import type { SyscallObservation } from '../core/observation.ts';
import {
  CARRIES_DATA,
  FD_FIRST,
  isInString,
  readPayload,
  syscall,
  unescapeBytes,
  VECTOR_CALL,
} from './strace-line.ts';

/**
 * The usual line of `strace -f -ttt -T`, by counting bytes: a whole call with the time since the epoch, a number as
 * result, and its duration. A live window holds up to a million of them. Anything else is left to StraceReader, which
 * says the same of these lines, only slower.
 *
 *   [pid  9085] 1700000000.123456 read(8, "*2\r\n$3\r\nGET\r\n"..., 16384) = 61 <0.000071>
 *   1700000000.123456 accept4(6, 0x7ffd1c3b2a10, [128], SOCK_CLOEXEC) = -1 EAGAIN (Resource …) <0.000005>
 */
export class PlainCalls {
  private readonly names = new Array<CallName | undefined>(NAMES);
  private readonly scratch = Buffer.alloc(LONGEST_DECODED);
  private at = 0;

  private constructor(
    private readonly text: string,
    /** Of the text, byte by character. */
    private readonly bytes: Uint8Array,
  ) {}

  /** @returns undefined for a log with characters beyond ASCII, as strace prints none */
  static of(text: string): PlainCalls | undefined {
    const bytes = Buffer.from(text, 'utf8');
    return bytes.length === text.length ? new PlainCalls(text, bytes) : undefined;
  }

  /**
   * @param from where the line begins in the text
   * @param to where it ends, without its line end
   * @returns undefined for every other line
   */
  read(from: number, to: number, line: number): SyscallObservation | undefined {
    const { bytes, text } = this;
    if (bytes[to - 1] !== GREATER) return undefined;
    this.at = from;
    const tid = this.threadId();
    if (tid === undefined) return undefined;
    const begin = this.at;
    const startUs = this.epochUs();
    const name = startUs === undefined ? undefined : this.name();
    if (startUs === undefined || !name || this.at >= to) return undefined;
    const open = this.at;

    // From the end: the duration, the result, the parenthesis that closes the arguments.
    this.at = to - 1;
    const durationUs = this.secondsBefore();
    if (durationUs === undefined || bytes[this.at - 1] !== LESS || bytes[this.at - 2] !== SPACE)
      return undefined;
    const resultEnd = this.at - 2;
    const result = this.resultBefore(resultEnd, open);
    const close = this.at;
    if (result === undefined || close <= open) return undefined;
    const errno = result < 0 ? this.errno(resultEnd) : undefined;
    if (result < 0 && errno === undefined) return undefined;

    const args = text.slice(open + 1, close);
    let fd: number | undefined;
    if (name.hasFd) {
      this.at = open + 1;
      const number = this.number();
      const next = bytes[this.at];
      // A hexadecimal descriptor, or one with what -y prints behind it.
      if (next === LETTER_X || next === LESS) return undefined;
      if (this.at > open + 1) fd = number;
    }
    const quote = args.indexOf('"');
    // The end of a line that was cut may seem to be a result.
    if (quote >= 0 && isInString(text.slice(open, resultEnd), close - open)) return undefined;
    const payload =
      quote >= 0 && result > 0 && name.carriesData ? this.payload(name, args, quote) : undefined;
    return syscall({
      kind: 'syscall',
      line,
      text: text.slice(from, to),
      clock: text.slice(begin, begin + CLOCK),
      startUs,
      tid: tid < 0 ? undefined : tid,
      name: name.text,
      fd,
      fdName: undefined,
      args,
      result,
      errno,
      durationUs,
      payload: payload !== undefined && payload.length > result ? payload.slice(0, result) : payload,
      resumedLine: undefined,
    });
  }

  /** "[pid  9085] "; -1 where there is none, undefined for anything else. */
  private threadId(): number | undefined {
    const { bytes, text } = this;
    if (bytes[this.at] !== BRACKET) return -1;
    if (!text.startsWith('[pid ', this.at)) return undefined;
    this.at += 5;
    while (bytes[this.at] === SPACE) this.at++;
    const first = this.at;
    const tid = this.number();
    if (this.at === first || this.at - first > 7 || bytes[this.at] !== CLOSING_BRACKET) return undefined;
    if (bytes[this.at + 1] !== SPACE) return undefined;
    this.at += 2;
    return tid;
  }

  /** Ten digits, a point, six digits, a space. */
  private epochUs(): number | undefined {
    const begin = this.at;
    const seconds = this.number();
    if (this.at !== begin + 10 || this.bytes[this.at] !== POINT) return undefined;
    this.at++;
    const us = this.number();
    if (this.at !== begin + 17 || this.bytes[this.at] !== SPACE) return undefined;
    this.at++;
    return seconds * 1e6 + us;
  }

  /** Letters, digits and underscores up to the opening parenthesis. */
  private name(): CallName | undefined {
    const { bytes } = this;
    const begin = this.at;
    let hash = 0;
    for (let code = bytes[this.at]!; code !== OPENING; code = bytes[++this.at]!) {
      const isLetter = (code >= 97 && code <= 122) || code === 95;
      if (!isLetter && (this.at === begin || !(code >= ZERO && code <= NINE))) return undefined;
      hash = (hash * 31 + code) & (NAMES - 1);
    }
    if (this.at === begin) return undefined;
    let known = this.names[hash];
    if (!known || !isAt(known.bytes, bytes, begin, this.at)) {
      known = new CallName(Buffer.from(bytes.subarray(begin, this.at)));
      this.names[hash] = known;
    }
    return known;
  }

  /** Digits, a point, six digits, up to here: microseconds. */
  private secondsBefore(): number | undefined {
    const { bytes } = this;
    const point = this.at - 7;
    if (bytes[point] !== POINT) return undefined;
    const end = this.at;
    this.at = point + 1;
    const us = this.number();
    if (this.at !== end) return undefined;
    let begin = point;
    while (bytes[begin - 1]! >= ZERO && bytes[begin - 1]! <= NINE) begin--;
    if (begin === point) return undefined;
    this.at = begin;
    const seconds = this.number();
    this.at = begin;
    return seconds * 1e6 + us;
  }

  /** ") = 61", or a failure, which is -1; leaves `at` at the parenthesis. */
  private resultBefore(end: number, least: number): number | undefined {
    const { bytes } = this;
    let begin = end;
    while (bytes[begin - 1]! >= ZERO && bytes[begin - 1]! <= NINE) begin--;
    const isFailure = begin === end;
    if (isFailure) {
      for (begin = end - 4; bytes[begin] !== MINUS || bytes[begin - 1] !== SPACE; begin--)
        if (begin <= least) return undefined;
    }
    if (bytes[begin - 1] !== SPACE || bytes[begin - 2] !== EQUALS || bytes[begin - 3] !== SPACE)
      return undefined;
    let close = begin - 4;
    // strace pads short calls.
    while (bytes[close] === SPACE) close--;
    if (bytes[close] !== CLOSING) return undefined;
    this.at = begin;
    const value = isFailure ? -1 : this.number();
    this.failureAt = begin;
    this.at = close;
    return value;
  }

  private failureAt = 0;

  /** "-1 EAGAIN (Resource temporarily unavailable)" */
  private errno(end: number): string | undefined {
    return FAILURE.exec(this.text.slice(this.failureAt, end))?.[1];
  }

  private payload({ isVector, text: name }: CallName, args: string, quote: number): string | undefined {
    const closing = args.indexOf('"', quote + 1);
    // One string, as most calls have: what stands between its quotes.
    if (
      isVector ||
      closing < 0 ||
      args.indexOf('"', closing + 1) >= 0 ||
      args.charCodeAt(quote - 1) !== SPACE
    )
      return readPayload(name, args);
    const shown = args.slice(quote + 1, closing);
    return shown.includes('\\') ? this.unescape(shown) : shown;
  }

  /** Lines of RESP and HTTP have no other escape than \r and \n. */
  private unescape(shown: string): string {
    if (shown.length > LONGEST_DECODED) return unescapeBytes(shown);
    const { scratch } = this;
    let length = 0;
    for (let at = 0; at < shown.length; at++) {
      let code = shown.charCodeAt(at);
      if (code === BACKSLASH) {
        code = shown.charCodeAt(++at);
        if (code === LETTER_R) code = 13;
        else if (code === LETTER_N) code = 10;
        else return unescapeBytes(shown);
      }
      scratch[length++] = code;
    }
    return scratch.toString('latin1', 0, length);
  }

  /** Digits from here on; moves behind them. */
  private number(): number {
    const { bytes } = this;
    let value = 0;
    for (let code = bytes[this.at]!; code >= ZERO && code <= NINE; code = bytes[++this.at]!)
      value = value * 10 + code - ZERO;
    return value;
  }
}

/** The name of a call, made once, and what it says of the call. */
class CallName {
  readonly text: string;
  readonly hasFd: boolean;
  readonly carriesData: boolean;
  readonly isVector: boolean;

  constructor(readonly bytes: Buffer) {
    this.text = bytes.toString('latin1');
    this.hasFd = FD_FIRST.has(this.text);
    this.carriesData = CARRIES_DATA.has(this.text);
    this.isVector = VECTOR_CALL.test(this.text);
  }
}

function isAt(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== name.length) return false;
  for (let at = 0; at < name.length; at++) if (bytes[from + at] !== name[at]) return false;
  return true;
}

/** Characters of a time since the epoch. */
const CLOCK = 17;
/** Of the names that a log holds, as many are remembered; a power of two. */
const NAMES = 1024;
const LONGEST_DECODED = 8192;
const FAILURE = /^-1 (E[A-Z0-9]+)(?: \([^"<=)]*\))?$/;
const SPACE = 32;
const OPENING = 40;
const CLOSING = 41;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const BRACKET = 91;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const LETTER_N = 110;
const LETTER_R = 114;
const LETTER_X = 120;
