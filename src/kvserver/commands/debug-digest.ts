import { createHash } from 'node:crypto';
import type { Keyspace } from '../store/keyspace.ts';
import type { Value } from '../store/values.ts';
import { formatScore } from './score.ts';

const BYTES = 20;
/** The number of each type within a digest. */
const TYPE_CODES = { string: 0, list: 1, set: 2, zset: 3, hash: 4 } as const;

function sha1(data: string | Uint8Array): Buffer {
  const hash = createHash('sha1');
  if (typeof data === 'string') hash.update(data, 'latin1');
  else hash.update(data);
  return hash.digest();
}

/** Adds something whose order does not matter. */
function xor(digest: Buffer, data: string | Uint8Array): void {
  const hash = sha1(data);
  for (let i = 0; i < BYTES; i++) digest[i]! ^= hash[i]!;
}

/** Adds something whose order matters. */
function mix(digest: Buffer, data: string | Uint8Array): void {
  xor(digest, data);
  sha1(digest).copy(digest);
}

function code(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** Elements of a set, a hash and a sorted set have no order: each has a digest of its own, and these are xored. */
function xorPairs(digest: Buffer, pairs: Iterable<readonly [string, string]>): void {
  for (const [first, second] of pairs) {
    const one = Buffer.alloc(BYTES);
    mix(one, first);
    mix(one, second);
    xor(digest, one);
  }
}

function mixValue(digest: Buffer, value: Value, expires: boolean): void {
  mix(digest, code(TYPE_CODES[typeof value === 'string' ? 'string' : value.kind]));
  if (typeof value === 'string') mix(digest, value);
  else if (value.kind === 'list') for (const item of value.items.toArray()) mix(digest, item);
  else if (value.kind === 'set') for (const member of value.members.toArray()) xor(digest, member);
  else if (value.kind === 'hash') xorPairs(digest, value.fields.entries());
  else {
    const scored = value.sorted.range(0, value.size);
    xorPairs(
      digest,
      scored.map(({ member, score }) => [member, formatScore(score)] as const),
    );
  }
  if (expires) xor(digest, '!!expire!!');
}

/**
 * DEBUG DIGEST: 40 hexadecimal digits over everything that is stored, whatever the order it was stored in; the
 * same as redis-server 7.0 computes for the same data, so that the two can be compared. O(N), N being all bytes.
 */
export function datasetDigest(keyspaces: readonly Keyspace[]): string {
  const all = Buffer.alloc(BYTES);
  for (const db of keyspaces) {
    if (db.size === 0) continue;
    mix(all, code(db.id));
    for (const [key, value] of db.table.entries()) {
      const one = Buffer.alloc(BYTES);
      mix(one, key);
      mixValue(one, value, db.expiryOf(key) !== undefined);
      xor(all, one);
    }
  }
  return all.toString('hex');
}

/** DEBUG DIGEST-VALUE; zeros for a key that is not there. */
export function valueDigest(db: Keyspace, key: string): string {
  const digest = Buffer.alloc(BYTES);
  const value = db.peek(key);
  if (value !== undefined) mixValue(digest, value, db.expiryOf(key) !== undefined);
  return digest.toString('hex');
}
