import { parseDouble } from '../commands/arguments.ts';
import { Deque } from '../store/deque.ts';
import { HashValue, ListValue, SetValue, SortedSetValue, type Value } from '../store/values.ts';
import type { ByteSource } from './byte-source.ts';
import { FOREIGN_TYPE, TYPE } from './format.ts';
import { readIntset, readListpack, readZiplist, readZipmap } from './packed.ts';
import { RdbError } from './rdb-error.ts';

/**
 * Reads one value.
 * @returns undefined for a collection without elements, which no server keeps
 * @throws RdbError when it is damaged, or of a type that this server has not
 */
export function decodeValue(source: ByteSource, type: number): Value | undefined {
  const value = decode(source, type);
  return typeof value === 'string' || value.size > 0 ? value : undefined;
}

function decode(source: ByteSource, type: number): Value {
  switch (type) {
    case TYPE.string:
      return source.string();
    case TYPE.list:
      return listOf(many(source, () => source.string()));
    case TYPE.set:
      return setOf(many(source, () => source.string()));
    case TYPE.hash:
      return hashOf(many(source, () => [source.string(), source.string()]).flat());
    case TYPE.zset:
      return sortedSetOf(many(source, () => [source.string(), scoreAsText(source)] as const));
    case TYPE.zset2:
      return sortedSetOf(many(source, () => [source.string(), source.double()] as const));
    case TYPE.listZiplist:
      return listOf(readZiplist(packed(source)));
    case TYPE.listQuicklist:
      return listOf(many(source, () => readZiplist(packed(source))).flat());
    case TYPE.listQuicklist2:
      return listOf(many(source, () => quicklistNode(source)).flat());
    case TYPE.setIntset:
      return setOf(readIntset(packed(source)));
    case TYPE.setListpack:
      return setOf(readListpack(packed(source)));
    case TYPE.hashZipmap:
      return hashOf(readZipmap(packed(source)));
    case TYPE.hashZiplist:
      return hashOf(readZiplist(packed(source)));
    case TYPE.hashListpack:
      return hashOf(readListpack(packed(source)));
    case TYPE.zsetZiplist:
      return sortedSetOf(scored(readZiplist(packed(source))));
    case TYPE.zsetListpack:
      return sortedSetOf(scored(readListpack(packed(source))));
  }
  const foreign = FOREIGN_TYPE[type];
  if (foreign) throw new RdbError(`it holds ${foreign} (RDB type ${type}), which this server does not have`);
  throw new RdbError(`Unknown RDB encoding type ${type}`);
}

/** A count, then that many elements. */
function many<T>(source: ByteSource, read: () => T): T[] {
  const count = source.size();
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}

function packed(source: ByteSource): Buffer {
  return Buffer.from(source.string(), 'latin1');
}

/** A node of a list: 1 and one long element, or 2 and a listpack. */
function quicklistNode(source: ByteSource): string[] {
  const container = source.size();
  if (container === 1) return [source.string()];
  if (container === 2) return readListpack(packed(source));
  throw new RdbError(`unknown quicklist container ${container}`);
}

/** One byte length and the digits; 253 to 255 stand for what has no digits. */
function scoreAsText(source: ByteSource): number {
  const length = source.byte();
  if (length === 255) return Number.NEGATIVE_INFINITY;
  if (length === 254) return Number.POSITIVE_INFINITY;
  return length === 253 ? Number.NaN : score(source.raw(length));
}

function score(text: string): number {
  return parseDouble(text) ?? Number.NaN;
}

function scored(words: readonly string[]): [string, number][] {
  requirePairs(words);
  return Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i]!, score(words[2 * i + 1]!)]);
}

function requirePairs(words: readonly string[]): void {
  if (words.length % 2 !== 0) throw new RdbError('half a pair is missing');
}

function listOf(items: readonly string[]): ListValue {
  const list = new ListValue();
  list.items = Deque.from(items);
  return list;
}

function setOf(members: readonly string[]): SetValue {
  const set = new SetValue();
  for (const member of members) {
    if (!set.members.add(member)) throw new RdbError('Duplicate set members detected');
  }
  return set;
}

function hashOf(words: readonly string[]): HashValue {
  requirePairs(words);
  const hash = new HashValue();
  for (let i = 0; i < words.length; i += 2) {
    if (!hash.fields.set(words[i]!, words[i + 1]!)) throw new RdbError('Duplicate hash fields detected');
  }
  return hash;
}

function sortedSetOf(pairs: readonly (readonly [string, number])[]): SortedSetValue {
  const zset = new SortedSetValue();
  for (const [member, score] of pairs) {
    if (Number.isNaN(score)) throw new RdbError('Zset with NAN score detected');
    if (!zset.sorted.set(member, score)) throw new RdbError('Zset with duplicate elements detected');
  }
  return zset;
}
