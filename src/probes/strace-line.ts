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
  /\s*(?:\[pid\s+(\d+)(?:<[^>]*>)?\]\s*|(\d+)(?:<[^>]*>)?\s+(?![:.]))?(?:(\d{1,2}:\d{2}:\d{2}(?:\.\d+)?|\d+\.\d+)\s+)?(?:\(\+\s*[\d.]+\)\s+)?(?:\[(?:[0-9a-f]{8,}|\?+|\s*\d+)\]\s+)*/y;

export function readPrefix(line: string): LinePrefix {
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

/** What stands behind the arguments: " = -1 EAGAIN (Resource temporarily unavailable) <0.000071>". */
export interface LineResult {
  /** Index of the ")" that closes the arguments. */
  readonly argsEnd: number;
  readonly result?: number;
  readonly errno?: string;
  readonly durationUs?: number;
}

const RESULT = /^(-?\d+|0x[0-9a-f]+|\?)(?:<[^>]*>+)?(?:\s+(E[A-Z0-9_]+)\b)?[^"]*?(?:<(\d+\.\d+)>)?\s*$/;

/** @returns undefined when the line holds no complete result, as a line that was cut does. */
export function readResult(line: string): LineResult | undefined {
  const equals = line.lastIndexOf(' = ');
  if (equals < 0) return undefined;
  let close = equals;
  while (close > 0 && line[close] === ' ') close--;
  if (line[close] !== ')') return undefined;
  const match = RESULT.exec(line.slice(equals + 3));
  if (!match) return undefined;
  return {
    argsEnd: close,
    ...(match[1] === '?' ? {} : { result: Number(match[1]) }),
    ...(match[2] === undefined ? {} : { errno: match[2] }),
    ...(match[3] === undefined ? {} : { durationUs: Math.round(Number(match[3]) * 1e6) }),
  };
}

/** Calls whose first argument is a descriptor. */
const FD_FIRST = new Set(
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

const DESCRIPTOR = /^(\d+)(?:<(.*?[^-])>(?=[,)(\s]|$))?/;

export function readDescriptor(name: string, args: string): FirstDescriptor | undefined {
  if (!FD_FIRST.has(name)) return undefined;
  const match = DESCRIPTOR.exec(args);
  if (!match) return undefined;
  return { fd: Number(match[1]), ...(match[2] === undefined ? {} : { fdName: match[2] }) };
}

const CARRIES_DATA = new Set([
  ...['read', 'write', 'readv', 'writev', 'pread64', 'pwrite64', 'preadv', 'pwritev', 'preadv2', 'pwritev2'],
  ...['recv', 'recvfrom', 'recvmsg', 'send', 'sendto', 'sendmsg'],
]);

/**
 * The bytes that a call moved, as far as the line shows them without a gap: one character a byte (latin1).
 * The parts of an I/O vector are joined until the first one that was cut.
 */
export function readPayload(name: string, args: string): string | undefined {
  if (!CARRIES_DATA.has(name)) return undefined;
  const isVector = name.endsWith('v') || name.endsWith('v2') || name.endsWith('msg');
  let at = isVector ? args.indexOf('iov_base="') + 9 : args.indexOf('"');
  if (at < (isVector ? 9 : 0)) return undefined;
  let joined = '';
  for (;;) {
    const end = closingQuote(args, at);
    joined += unescapeBytes(args.slice(at + 1, end < 0 ? args.length : end));
    if (!isVector || end < 0 || args.startsWith('...', end + 1)) return joined;
    const next = args.indexOf('iov_base="', end);
    if (next < 0) return joined;
    at = next + 9;
  }
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
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/g,
    (_all, hex?: string, octal?: string, other?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return ESCAPES[other!] ?? other!;
    },
  );
}
