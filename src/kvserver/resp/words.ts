import { latin1 } from './latin1.ts';

/** Longer arguments are seldom the same twice. */
export const LONGEST_WORD = 8;
const SLOTS = 4096;

/** One word a slot, the latest. */
const recent: string[] = new Array<string>(SLOTS).fill('');

/**
 * The text of some bytes, at most LONGEST_WORD of them. The same short words come again and again (names of
 * commands and options, numbers, fields), so each is made once and then shared: no call into Node, and nothing
 * for the garbage collector. Linear in the length.
 */
export function word(buffer: Buffer, start: number, end: number): string {
  const length = end - start;
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + buffer[at]!) | 0;
  const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
  const known = recent[slot]!;
  if (known.length === length) {
    let same = 0;
    while (same < length && known.charCodeAt(same) === buffer[start + same]) same++;
    if (same === length) return known;
  }
  const text = latin1(buffer, start, end);
  recent[slot] = text;
  return text;
}
