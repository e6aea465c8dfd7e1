import { CommandError } from '../command-error.ts';
import type { Settings } from '../config/directives.ts';
import { type Resp, verbatim } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import type { DenseIndex } from '../store/dense-index.ts';
import type { Value } from '../store/values.ts';
import { encodingOf } from './object.ts';

/** Bytes that a value takes in a reply or a file, without headers. */
function contentBytes(value: Value): number {
  if (typeof value === 'string') return value.length;
  const sum = (texts: Iterable<string>) => {
    let bytes = 0;
    for (const text of texts) bytes += text.length;
    return bytes;
  };
  switch (value.kind) {
    case 'set':
      return sum(value.members.toArray());
    case 'hash':
      return sum(value.fields.toArray()) + sum(value.fields.valuesArray());
    case 'list':
      return sum(value.items.toArray());
    case 'zset':
      return sum(value.sorted.scores.toArray()) + 8 * value.size;
  }
}

/** DEBUG OBJECT, in the field names that tools look for. @throws CommandError when there is no such key */
export function describeObject({ db, server }: Session, key: string): string {
  const value = db.peek(key);
  if (value === undefined) throw new CommandError('ERR no such key');
  const { accessClock } = server;
  const stamp = db.stampOf(key);
  const encoding = encodingOf(value, server.config.values);
  const text =
    `Value at:0x0 refcount:1 encoding:${encoding} serializedlength:${contentBytes(value)} ` +
    `lru:${stamp & 0xffffff} lru_seconds_idle:${accessClock.lfu ? 0 : accessClock.idleSeconds(stamp)}`;
  if (encoding !== 'quicklist') return text;
  // One ring holds all items: one node, as other servers would call it.
  return `${text} ql_nodes:1 ql_avg_node:${(value as { size: number }).size.toFixed(2)} ql_listpack_max:-2 ql_compressed:0 ql_uncompressed_size:${contentBytes(value)}`;
}

export function describeStringSizes(key: string, value: Value | undefined): string {
  if (value === undefined) throw new CommandError('ERR no such key');
  if (typeof value !== 'string') throw new CommandError('ERR Not an sds encoded string.');
  return `key_sds_len:${key.length}, key_sds_avail:0, key_zmalloc: 0, val_sds_len:${value.length}, val_sds_avail:0, val_zmalloc: 0`;
}

/** @throws CommandError when the value counts as kept without a table */
export function keyTable(value: Value | undefined, settings: Settings): DenseIndex {
  if (value === undefined) throw new CommandError('ERR no such key');
  const encoding = encodingOf(value, settings);
  if (typeof value !== 'string' && (encoding === 'hashtable' || encoding === 'skiplist')) {
    if (value.kind === 'set') return value.members;
    if (value.kind === 'hash') return value.fields;
    if (value.kind === 'zset') return value.sorted.scores;
  }
  throw new CommandError('ERR The value stored at the specified key is not represented using an hash table');
}

export function describeTable(resp: Resp, tables: readonly (readonly [string, DenseIndex])[]): string {
  const parts = tables.map(([title, table]) =>
    table.size === 0
      ? `[${title}]\nHash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n`
      : `[${title}]\nHash table 0 stats (main hash table):\n table size: ${table.places}\n number of elements: ${table.size}\n`,
  );
  return verbatim(resp, parts.join(''));
}
