import { MAX_STRING } from '../byte-queue.ts';
import { CommandError } from '../command-error.ts';
import type { Session } from '../session.ts';
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
  if (count < -LIMIT || count > LIMIT) throw outOfRange();
  return Number(count);
}

/** The fewest bytes that an element takes in a reply. */
const SMALLEST_ELEMENT = '$0\r\n\r\n'.length;
/** Elements that are encoded before they are made one flat string: V8 keeps concatenations at 32 bytes each. */
const BATCH = 4096;

/**
 * Draws as the count says and encodes what was drawn, without the header. A draw with repetition is bounded by
 * nothing that is stored, so it is refused when the client could not be sent that much.
 * @throws CommandError
 */
export function drawEncoded(
  { server }: Session,
  table: DenseIndex,
  count: number,
  encode: (slot: number) => string,
): { drawn: number; text: string } {
  const limit = server.config.values['client-output-buffer-limit'].normal.hard || MAX_STRING;
  if (-count * SMALLEST_ELEMENT > limit) throw outOfRange();
  let batch: string[] = [];
  let text = '';
  let drawn = 0;
  for (const slot of drawSlots(table, count)) {
    batch.push(encode(slot));
    drawn++;
    if (batch.length < BATCH) continue;
    text += batch.join('');
    batch = [];
    if (count < 0 && text.length > limit) throw outOfRange();
  }
  return { drawn, text: text + batch.join('') };
}

function outOfRange(): CommandError {
  return new CommandError('ERR value is out of range');
}

function* drawRepeatedly(table: DenseIndex, count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield randomSlot(table);
}

/** Draws as the count says, over the slots of a table. */
function drawSlots(table: DenseIndex, count: number): Iterable<number> {
  if (count < 0) return drawRepeatedly(table, -count);
  return drawDistinct(
    Array.from({ length: table.size }, (_, slot) => slot),
    count,
  );
}
