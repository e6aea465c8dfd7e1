import { randomBytes } from 'node:crypto';

/** Drawn at start, so that nobody can prepare keys that all fall into one bucket. */
const SEED = randomBytes(4).readInt32LE();

/**
 * A 32-bit hash of a byte string (one character a byte): FNV-1a with a secret start and a final mix, because
 * FNV alone leaves the low bits of short, similar keys too alike for a power-of-two table.
 * Linear in the length.
 */
export function hashOf(text: string): number {
  let h = SEED;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
