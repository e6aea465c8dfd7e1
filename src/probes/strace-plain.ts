import type { SyscallObservation } from '../core/observation.ts';
import {
  CARRIES_DATA,
  FD_FIRST,
  isInString,
  readPayload,
  unescapeBytes,
  VECTOR_CALL,
} from './strace-line.ts';

/**
 * The usual line of `strace -f -ttt -T`, by counting characters: a whole call with the time since the epoch, a number
 * as result, and its duration. A live window holds up to a million of them. Anything else is left to StraceReader,
 * which says the same of these lines, only slower.
 *
 *   [pid  9085] 1700000000.123456 read(8, "*2\r\n$3\r\nGET\r\n"..., 16384) = 61 <0.000071>
 *   1700000000.123456 accept4(6, 0x7ffd1c3b2a10, [128], SOCK_CLOEXEC) = -1 EAGAIN (Resource …) <0.000005>
 *
 * @returns undefined for every other line
 */
export function readPlainCall(text: string, line: number): SyscallObservation | undefined {
  const length = text.length;
  if (text.charCodeAt(length - 1) !== GREATER) return undefined;
  let at = 0;
  let tid = -1;
  if (text.charCodeAt(0) === BRACKET) {
    if (!text.startsWith('[pid ')) return undefined;
    at = 5;
    while (text.charCodeAt(at) === SPACE) at++;
    const end = digitsFrom(text, at);
    if (end === at || end - at > 7 || !text.startsWith('] ', end)) return undefined;
    tid = number(text, at, end);
    at = end + 2;
  }
  const point = at + 10;
  const open = text.indexOf('(', point);
  const startUs = epochUs(text, at, point);
  if (startUs === undefined || open < 0) return undefined;
  const name = text.slice(point + 8, open);
  if (!isName(name)) return undefined;

  const lasted = text.lastIndexOf(' <');
  const durationUs = secondsUs(text, lasted + 2, length - 1);
  const close = text.lastIndexOf(') = ', lasted);
  if (durationUs === undefined || close < open) return undefined;
  const result = resultOf(text, close + 4, lasted);
  if (!result) return undefined;
  if (text.indexOf('"', open) >= 0 && isInString(text.slice(open, lasted), close - open)) return undefined;

  const args = text.slice(open + 1, close);
  const call = { kind: 'syscall', line, text } as Mutable<SyscallObservation>;
  call.clock = text.slice(at, point + 7);
  call.startUs = startUs;
  if (tid >= 0) call.tid = tid;
  call.name = name;
  if (FD_FIRST.has(name)) {
    const end = digitsFrom(args, 0);
    const next = args.charCodeAt(end);
    // A hexadecimal descriptor, or one with what -y prints behind it.
    if (next === LETTER_X || next === LESS) return undefined;
    if (end > 0) call.fd = number(args, 0, end);
  }
  call.args = args;
  call.result = result.value;
  if (result.errno !== undefined) call.errno = result.errno;
  call.durationUs = durationUs;
  if (result.value > 0 && CARRIES_DATA.has(name)) {
    const shown = payloadOf(name, args);
    if (shown !== undefined)
      call.payload = shown.length > result.value ? shown.slice(0, result.value) : shown;
  }
  return call;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const SPACE = 32;
const ZERO = 48;
const LESS = 60;
const GREATER = 62;
const BRACKET = 91;
const LETTER_X = 120;

/** One string, as most calls have: what stands between its quotes. */
function payloadOf(name: string, args: string): string | undefined {
  if (VECTOR_CALL.test(name)) return readPayload(name, args);
  const opening = args.indexOf('"');
  if (opening < 0) return undefined;
  const closing = args.indexOf('"', opening + 1);
  if (closing < 0 || args.indexOf('"', closing + 1) >= 0 || args[opening - 1] !== ' ')
    return readPayload(name, args);
  const shown = args.slice(opening + 1, closing);
  if (!shown.includes('\\')) return shown;
  // Lines of RESP and HTTP have no other escape; a backslash that stays was something else.
  const lines = shown.split('\\r\\n').join('\r\n');
  return lines.includes('\\') ? unescapeBytes(shown) : lines;
}

/** "0", "61", "-1 EAGAIN (Resource temporarily unavailable)" */
function resultOf(text: string, from: number, to: number): { value: number; errno?: string } | undefined {
  const end = digitsFrom(text, from);
  if (end === to && end > from) return { value: Number(text.slice(from, to)) };
  if (!text.startsWith('-1 E', from)) return undefined;
  const errno = FAILURE.exec(text.slice(from + 3, to))?.[1];
  return errno === undefined ? undefined : { value: -1, errno };
}

const FAILURE = /^(E[A-Z0-9]+)(?: \([^"<=)]*\))?$/;

function isName(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    const isLetter = (code >= 97 && code <= 122) || code === 95;
    if (!isLetter && (at === 0 || code < ZERO || code > 57)) return false;
  }
  return name.length > 0;
}

/** Ten digits, a point, six digits, a space. */
function epochUs(text: string, at: number, point: number): number | undefined {
  if (digitsFrom(text, at) !== point || text.charCodeAt(point + 7) !== SPACE) return undefined;
  return secondsUs(text, at, point + 7);
}

/** Digits, a point, six digits: microseconds. */
function secondsUs(text: string, from: number, to: number): number | undefined {
  const point = to - 7;
  if (point <= from || text.charCodeAt(point) !== 46) return undefined;
  if (digitsFrom(text, from) !== point || digitsFrom(text, point + 1) !== to) return undefined;
  return number(text, from, point) * 1e6 + number(text, point + 1, to);
}

function digitsFrom(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= 57; code = text.charCodeAt(at)) at++;
  return at;
}

function number(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - ZERO;
  return value;
}
