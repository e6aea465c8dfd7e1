import type { SyscallObservation } from '../core/observation.ts';

/**
 * One line of strace's output, taken apart. Reads strace 4.x to 6.x with -f, -t/-tt/-ttt/-r, -T, -y/-yy, -x/-xx, -i, -n
 * and --decode-pids. Source: strace(1), and outputs recorded from those versions.
 *
 *   [pid  9085] 14:20:16.826301 read(8, "*2\r\n$3\r\nGET\r\n"..., 16384) = 61 <0.000071>
 *   9085  1700000000.123456 fdatasync(7</data/appendonly.aof>) = 0 <0.007112>
 *   [pid  9085] <... read resumed>"+OK\r\n", 16384) = 5 <0.000040>
 */

/** What stands in front of the call. */
export interface LinePrefix {
  readonly tid?: number;
  /** "14:20:16.826301", "1700000000.123456" or "0.000055", as printed. */
  readonly clock?: string;
  /** Index of the first character after the prefix. */
  readonly end: number;
}

const PREFIX =
  /\s*(?:\[pid\s+(\d+)(?:<[^>]*>)?\]\s*|(\d{1,7})(?:<[^>]*>)?\s+(?![:.]))?(?:(\d{1,2}:\d{2}:\d{2}(?:\.\d+)?|\d+\.\d+|\d{10})\s+)?(?:\(\+\s*[\d.]+\)\s+)?(?:\[(?:[0-9a-f]{8,}|\?+|\s*\d+)\]\s+)*/y;

export function readPrefix(line: string): LinePrefix {
  const usual = usualPrefix(line);
  if (usual) return usual;
  PREFIX.lastIndex = 0;
  const match = PREFIX.exec(line);
  if (!match) return { end: 0 };
  const tid = match[1] ?? match[2];
  return {
    ...(tid === undefined ? {} : { tid: Number(tid) }),
    ...(match[3] === undefined ? {} : { clock: match[3] }),
    end: PREFIX.lastIndex,
  };
}

/**
 * What perfcase's own strace prints, which is most of what is read: "[pid 9085] 1700000000.123456 " or
 * "9085 1700000000.123456 ", looked at character by character in a tenth of the regular expression's time.
 * @returns undefined for every other prefix
 */
function usualPrefix(line: string): LinePrefix | undefined {
  const isPid = line.startsWith('[pid ');
  const first = isPid ? afterSpaces(line, 5) : 0;
  let at = afterDigits(line, first);
  let tid: number | undefined;
  if (isPid) {
    if (line[at] !== ']' || line[at + 1] !== ' ') return undefined;
    tid = Number(line.slice(first, at));
    at++;
  } else if (line[at] === ' ' && at > 0 && at <= 7) tid = Number(line.slice(0, at));
  const start = tid === undefined ? 0 : afterSpaces(line, at);
  const point = afterDigits(line, start);
  if (point - start < 9 || line[point] !== '.') return undefined;
  const end = afterDigits(line, point + 1);
  // More may follow: an instruction pointer in brackets, or a difference in parentheses.
  if (end === point + 1 || line[end] !== ' ' || !/[a-z<+-]/.test(line[end + 1] ?? '')) return undefined;
  const clock = line.slice(start, end);
  return tid === undefined ? { clock, end: end + 1 } : { tid, clock, end: end + 1 };
}

function afterDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at++;
  return at;
}

function afterSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 32) at++;
  return at;
}

/** What stands behind the arguments: " = -1 EAGAIN (Resource temporarily unavailable) <0.000071>". */
export interface LineResult {
  /** Index of the ")" that closes the arguments. */
  readonly argsEnd: number;
  readonly result?: number;
  readonly errno?: string;
  readonly durationUs?: number;
}

const RESULT = /^(0x[0-9a-f]+|-?\d+|\?)(?:<[^>]*>+)?(?:\s+(E[A-Z0-9_]+)\b)?[^"]*?(?:<(\d+(?:\.\d+)?)>)?$/;
/** The name that -y prints behind a result may hold " = " too; so many of them are looked through. */
const MAX_EQUALS = 8;

/** @returns undefined when the line holds no complete result, as a line that was cut does. */
export function readResult(line: string): LineResult | undefined {
  let equals = line.lastIndexOf(' = ');
  for (let tries = 0; equals >= 0 && tries < MAX_EQUALS; tries++) {
    let close = equals;
    while (close > 0 && line[close] === ' ') close--;
    const match = line[close] === ')' ? RESULT.exec(line.slice(equals + 3).trimEnd()) : null;
    if (match && !isInString(line, close)) return outcomeOf(match, close);
    equals = equals > 0 ? line.lastIndexOf(' = ', equals - 1) : -1;
  }
  return undefined;
}

function outcomeOf(match: RegExpExecArray, close: number): LineResult {
  const outcome: { -readonly [K in keyof LineResult]: LineResult[K] } = { argsEnd: close };
  if (match[1] !== '?') outcome.result = Number(match[1]);
  if (match[2] !== undefined) outcome.errno = match[2];
  if (match[3] !== undefined) outcome.durationUs = Math.round(Number(match[3]) * 1e6);
  return outcome;
}

/** Calls whose first argument is a descriptor. */
export const FD_FIRST = new Set(
  `read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 recv recvfrom recvmsg recvmmsg send
  sendto sendmsg sendmmsg close fsync fdatasync sync_file_range syncfs ftruncate fallocate fstat lseek ioctl fcntl
  getsockopt setsockopt shutdown bind listen accept accept4 connect getpeername getsockname epoll_wait epoll_pwait
  epoll_pwait2 epoll_ctl dup dup2 dup3 flock fadvise64 sendfile splice copy_file_range getdents64 io_uring_enter
  timerfd_settime timerfd_gettime`.split(/\s+/),
);

export interface FirstDescriptor {
  readonly fd: number;
  /** What -y printed. */
  readonly fdName?: string;
}

/** Some calls of old versions, and -e raw, print it in hexadecimal. */
const DESCRIPTOR = /^(0x[0-9a-f]+|\d+)(?:<(.*?[^-])>(?=[,)(\s]|$))?/;

export function readDescriptor(name: string, args: string): FirstDescriptor | undefined {
  if (!FD_FIRST.has(name)) return undefined;
  const match = DESCRIPTOR.exec(args);
  if (!match) return undefined;
  const fdName = match[2] && unescapeBytes(match[2]).replace(/ \(deleted\)$/, '');
  return { fd: Number(match[1]), ...(fdName === undefined ? {} : { fdName }) };
}

export const CARRIES_DATA = new Set([
  ...['read', 'write', 'readv', 'writev', 'pread64', 'pwrite64', 'preadv', 'pwritev', 'preadv2', 'pwritev2'],
  ...['recv', 'recvfrom', 'recvmsg', 'send', 'sendto', 'sendmsg'],
]);

/**
 * The bytes that a call moved, as far as the line shows them without a gap: one character a byte (latin1).
 * The parts of an I/O vector are joined until the first one that was cut.
 */
export function readPayload(name: string, args: string): string | undefined {
  if (!CARRIES_DATA.has(name)) return undefined;
  const isVector = VECTOR_CALL.test(name);
  const from = DESCRIPTOR.exec(args)?.[0].length ?? 0;
  let at = isVector ? nextPart(args, from) : openingQuote(args, from);
  if (at < 0) return undefined;
  let joined = '';
  for (;;) {
    const end = closingQuote(args, at);
    joined += unescapeBytes(args.slice(at + 1, end < 0 ? args.length : end));
    if (!isVector || end < 0 || args.startsWith('...', end + 1)) return joined;
    at = nextPart(args, end);
    if (at < 0) return joined;
  }
}

export const VECTOR_CALL = /(?:v|v2|msg)$/;
/** A part of an I/O vector: {iov_base="…", iov_len=5}, until strace 4.15 {"…", 5}. */
const PART = /\{(?:iov_base=)?"/g;

/** Index of the quote that opens the next part of a vector; -1 when there is none. */
function nextPart(args: string, from: number): number {
  PART.lastIndex = from;
  return PART.test(args) ? PART.lastIndex - 1 : -1;
}

/** Index of the next quote that opens a string; a quote in a file name that -y printed is escaped. */
function openingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at > 0 && text[at - 1] === '\\') at = text.indexOf('"', at + 1);
  return at;
}

/** Whether the place lies inside a string, as the end of a line that was cut may seem to be a result. */
export function isInString(text: string, place: number): boolean {
  let at = openingQuote(text, 0);
  while (at >= 0 && at < place) {
    const end = closingQuote(text, at);
    if (end < 0 || end > place) return true;
    at = openingQuote(text, end + 1);
  }
  return false;
}

/** Index of the quote that ends the string opened at `open`; -1 when the line was cut inside it. */
function closingQuote(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (at >= 0) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return -1;
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  f: '\f',
  a: '\x07',
  b: '\b',
  e: '\x1b',
};

/** Undoes strace's escapes: \r, \", \\, octal \0 to \377, and hexadecimal \x1f. */
export function unescapeBytes(text: string): string {
  let slash = text.indexOf('\\');
  if (slash < 0) return text;
  let bytes = '';
  let done = 0;
  for (; slash >= 0 && slash + 1 < text.length; slash = text.indexOf('\\', done)) {
    bytes += text.slice(done, slash);
    const letter = text[slash + 1]!;
    const known = ESCAPES[letter];
    if (known !== undefined) {
      bytes += known;
      done = slash + 2;
      continue;
    }
    NUMBER.lastIndex = slash + 1;
    const [digits = '', hex, octal] = NUMBER.exec(text) ?? [];
    if (hex !== undefined) bytes += String.fromCharCode(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes += String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    else bytes += letter;
    done = slash + 1 + (digits.length || 1);
  }
  return bytes + text.slice(done);
}

/** The number in \x1f or \0. */
const NUMBER = /x([0-9a-fA-F]{1,2})|([0-7]{1,3})/y;

/** A call with every field, in one order: what is made a hundred thousand times should always be made alike. */
export type WholeSyscall = {
  [Key in Exclude<keyof SyscallObservation, 'frame'>]-?: SyscallObservation[Key] | undefined;
};

export function syscall(call: WholeSyscall): SyscallObservation {
  return call as SyscallObservation;
}
