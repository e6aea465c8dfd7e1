/**
 * LZF, the compression of long strings in RDB files. The compressed form is a row of pieces, each with a control
 * byte:
 *
 *     000lllll                     the next l+1 bytes stand for themselves
 *     lllooooo oooooooo            copy l+2 bytes that begin o+1 bytes back in the output (l is 1 … 6)
 *     111ooooo llllllll oooooooo   the same with l+9 bytes
 *
 * Source: the description of the format in M. Lehmann's LibLZF.
 */

const MAX_LITERAL = 32;
const MAX_BACK = 1 << 13;
const MAX_COPY = 264;
/** One long copy: three bytes become this many. Anything that promises more is damaged. */
const MAX_GROWTH = MAX_COPY / 3;

const HASH_BITS = 13;
/** Where three bytes with this hash were seen last. Positions go on from call to call, so it is never cleared. */
const seen = new Int32Array(1 << HASH_BITS);
let passed = 1;

function hashAt(bytes: Uint8Array, at: number): number {
  const three = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  return Math.imul(three, 0x9e3779b1) >>> (32 - HASH_BITS);
}

/**
 * Compresses the first `length` bytes of `from` into `to`. One pass; O(length).
 * @returns bytes written, or 0 when they would be more than `room`
 */
export function lzfCompress(from: Uint8Array, length: number, to: Uint8Array, room: number): number {
  const base = nextBase(length);
  let out = 0;
  let literalStart = 0;
  let at = 0;
  const flushLiterals = (end: number): boolean => {
    for (let start = literalStart; start < end; start += MAX_LITERAL) {
      const count = Math.min(MAX_LITERAL, end - start);
      if (out + 1 + count > room) return false;
      to[out++] = count - 1;
      for (let i = start; i < start + count; i++) to[out++] = from[i]!;
    }
    return true;
  };
  while (at + 2 < length) {
    const hash = hashAt(from, at);
    const before = seen[hash]! - base;
    seen[hash] = base + at;
    const back = at - before - 1;
    const same =
      before >= 0 &&
      back < MAX_BACK &&
      from[before] === from[at] &&
      from[before + 1] === from[at + 1] &&
      from[before + 2] === from[at + 2];
    if (!same) {
      at++;
      continue;
    }
    let copied = 3;
    const most = Math.min(MAX_COPY, length - at);
    while (copied < most && from[before + copied] === from[at + copied]) copied++;
    if (!flushLiterals(at) || out + 3 > room) return 0;
    const code = copied - 2;
    if (code < 7) {
      to[out++] = (code << 5) | (back >> 8);
    } else {
      to[out++] = (7 << 5) | (back >> 8);
      to[out++] = code - 7;
    }
    to[out++] = back & 0xff;
    at += copied;
    literalStart = at;
  }
  return flushLiterals(length) ? out : 0;
}

function nextBase(length: number): number {
  if (passed + length >= 2 ** 31) {
    seen.fill(0);
    passed = 1;
  }
  const base = passed;
  passed += length;
  return base;
}

/** @returns the bytes, or undefined when the compressed form is damaged */
export function lzfDecompress(from: Uint8Array, length: number): Buffer | undefined {
  if (length > from.length * MAX_GROWTH) return undefined;
  const to = Buffer.allocUnsafe(length);
  let out = 0;
  for (let at = 0; at < from.length; ) {
    const control = from[at++]!;
    if (control < MAX_LITERAL) {
      const count = control + 1;
      if (at + count > from.length || out + count > length) return undefined;
      for (let i = 0; i < count; i++) to[out++] = from[at++]!;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += from[at++] ?? length;
    const low = from[at++];
    if (low === undefined) return undefined;
    let source = out - (((control & 31) << 8) | low) - 1;
    if (source < 0 || out + count > length) return undefined;
    // Byte by byte, for the copy may reach into what it writes.
    for (let i = 0; i < count; i++) to[out++] = to[source++]!;
  }
  return out === length ? to : undefined;
}
