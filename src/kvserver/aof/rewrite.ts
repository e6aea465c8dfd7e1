import { formatScore } from '../commands/score.ts';
import type { ByteSink } from '../rdb/byte-sink.ts';
import { bulk, encodeRequest } from '../resp/reply.ts';
import type { FrozenValue } from '../store/frozen.ts';
import type { FrozenDatabase } from '../store/snapshot.ts';

/** Elements per command: short enough that loading one command never stalls. */
const BATCH = 64;

/**
 * Puts the shortest commands that rebuild the data set into the sink: the base of an append-only file with
 * aof-use-rdb-preamble no. Pauses (yields) at least once a key, and often within a long value.
 */
export function* encodeCommands(databases: readonly FrozenDatabase[], sink: ByteSink): Generator<void> {
  for (const { id, keys } of databases) {
    sink.raw(encodeRequest(['SELECT', String(id)]));
    for (const { key, value, expiry } of keys) {
      for (const command of rewriteKey(key, value)) {
        sink.raw(command);
        yield;
      }
      if (expiry !== undefined) sink.raw(encodeRequest(['PEXPIREAT', key, String(Math.trunc(expiry))]));
      yield;
    }
  }
}

/** The commands that rebuild one value, encoded; a long string in pieces. */
export function* rewriteKey(key: string, value: FrozenValue): Generator<string> {
  if (typeof value === 'string') {
    yield `*3\r\n${bulk('SET')}${bulk(key)}`;
    yield* longBulk(value);
    return;
  }
  switch (value.kind) {
    case 'set':
      yield* batches(['SADD', key], value.items.length, (i) => [value.items[i]!]);
      return;
    case 'list':
      yield* batches(['RPUSH', key], value.items.length, (i) => [value.items[i]!]);
      return;
    case 'hash':
      yield* batches(['HMSET', key], value.fields.length, (i) => [value.fields[i]!, value.values[i]!]);
      return;
    case 'zset':
      yield* batches(['ZADD', key], value.members.length, (i) => [
        formatScore(value.scores[i]!),
        value.members[i]!,
      ]);
  }
}

const PIECE = 1024 * 1024;

function* longBulk(text: string): Generator<string> {
  if (text.length < PIECE) {
    yield bulk(text);
    return;
  }
  yield `$${text.length}\r\n`;
  for (let at = 0; at < text.length; at += PIECE) yield text.slice(at, at + PIECE);
  yield '\r\n';
}

function* batches(
  start: readonly string[],
  count: number,
  words: (index: number) => readonly string[],
): Generator<string> {
  for (let from = 0; from < count; from += BATCH) {
    const request = [...start];
    for (let i = from; i < Math.min(count, from + BATCH); i++) request.push(...words(i));
    yield encodeRequest(request);
  }
}
