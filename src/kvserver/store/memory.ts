import type { Value } from './values.ts';

/**
 * Bytes that data takes in V8 on a 64-bit machine: an approximation that follows the data and nothing else. The
 * heap itself grows and shrinks with the garbage collector, so a limit cannot be held against it. The figures are
 * means, since arrays and tables double as they grow; measured against the heap they are right to a tenth.
 */
/** Header of 16, and on average half of the padding to eight. */
const STRING_HEADER = 20;
/** A reference in an array that is 1.25 times as long as it need be. */
const REFERENCE = 10;
/** A name's reference in its column, and its two to four places of eight bytes in the table. */
const TABLE_SLOT = REFERENCE + 24;
const NUMBER = 12;
/** The objects that a collection consists of, with their smallest arrays. */
const COLLECTION = 450;
const LIST = 300;
/** A node of a skip list: five fields, a boxed score, two arrays with 1.33 elements on average. */
const SKIP_NODE = 200;
/** What a key takes besides its bytes and its value: string, table, value reference, access stamp. */
export const KEY_BYTES = STRING_HEADER + TABLE_SLOT + 2 * REFERENCE;
/** What an expiry takes; it shares the key's string. */
export const EXPIRY_BYTES = TABLE_SLOT + NUMBER;

export function stringBytes(length: number): number {
  return STRING_HEADER + length;
}

/** Bytes of a value. O(1). */
export function valueBytes(value: Value): number {
  if (typeof value === 'string') return stringBytes(value.length);
  const count = value.size;
  switch (value.kind) {
    case 'set':
      return COLLECTION + value.members.nameBytes + count * (STRING_HEADER + TABLE_SLOT);
    case 'hash': {
      const { nameBytes, valueBytes: bytes } = value.fields;
      return COLLECTION + nameBytes + bytes + count * (2 * STRING_HEADER + TABLE_SLOT + REFERENCE);
    }
    case 'list':
      return LIST + value.items.bytes + count * (STRING_HEADER + REFERENCE);
    case 'zset': {
      const { nameBytes } = value.sorted.scores;
      return COLLECTION + nameBytes + count * (STRING_HEADER + TABLE_SLOT + NUMBER + SKIP_NODE);
    }
  }
}
