import { CommandError } from '../command-error.ts';
import type { DenseIndex } from '../store/dense-index.ts';
import { parseInt64 } from './arguments.ts';

/** A slot drawn at random. The table must not be empty. */
export function randomSlot(table: DenseIndex): number {
  return Math.floor(Math.random() * table.size);
}

/** The first steps of a Fisher-Yates shuffle: `count` distinct items. O(N). */
export function drawDistinct<T>(items: readonly T[], count: number): T[] {
  const pool = items.slice();
  const drawn = Math.min(count, pool.length);
  for (let i = 0; i < drawn; i++) {
    const other = i + Math.floor(Math.random() * (pool.length - i));
    [pool[i], pool[other]] = [pool[other]!, pool[i]!];
  }
  return pool.slice(0, drawn);
}

/** Half the range of 64 bits: a negative count is turned round, and pairs double it. */
const LIMIT = 2n ** 62n;

/**
 * The count of SRANDMEMBER and its relatives: positive for distinct elements, negative for that many draws.
 * @throws CommandError
 */
export function randomCount(text: string): number {
  const count = parseInt64(text);
  if (count === undefined) throw CommandError.notAnInteger();
  if (count < -LIMIT || count > LIMIT) throw new CommandError('ERR value is out of range');
  return Number(count);
}

/** Draws as the count says, over the slots of a table. */
export function drawSlots(table: DenseIndex, count: number): number[] {
  if (count < 0) return Array.from({ length: -count }, () => randomSlot(table));
  return drawDistinct(
    Array.from({ length: table.size }, (_, slot) => slot),
    count,
  );
}
