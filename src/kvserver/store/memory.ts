import type { Value } from './values.ts';

/**
 * Bytes that data takes in V8 on a 64-bit machine: an approximation that follows the data and nothing else. The
 * heap itself grows and shrinks with the garbage collector, so a limit cannot be held against it.
 */
const STRING_HEADER = 16;
/** A name's reference in its column, and two places of eight bytes in a table that is at most half full. */
const TABLE_SLOT = 8 + 16;
const REFERENCE = 8;
const NUMBER = 8;
/** The objects that a collection consists of, with their smallest arrays. */
const COLLECTION = 200;
/** A node of a skip list: score, member, two neighbours and 1.33 levels of link and width on average. */
const SKIP_NODE = 72;
/** What a key takes besides its bytes and its value: string, table, value reference, access stamp. */
export const KEY_BYTES = STRING_HEADER + TABLE_SLOT + REFERENCE + 4;
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
      return COLLECTION + value.items.bytes + count * (STRING_HEADER + REFERENCE);
    case 'zset': {
      const { nameBytes } = value.sorted.scores;
      return COLLECTION + nameBytes + count * (STRING_HEADER + TABLE_SLOT + NUMBER + SKIP_NODE);
    }
  }
}
