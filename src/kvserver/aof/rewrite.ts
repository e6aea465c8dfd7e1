import { formatScore } from '../commands/score.ts';
import { encodeRequest } from '../resp/reply.ts';
import type { AggregateValue, Value } from '../store/values.ts';

/** Elements per command: short enough that loading one command never stalls. */
const BATCH = 64;

/** The shortest commands that rebuild one key, encoded. */
export function rewriteKey(key: string, value: Value, expiry: number | undefined): string {
  let out = typeof value === 'string' ? encodeRequest(['SET', key, value]) : rewriteAggregate(key, value);
  if (expiry !== undefined) out += encodeRequest(['PEXPIREAT', key, String(expiry)]);
  return out;
}

function rewriteAggregate(key: string, value: AggregateValue): string {
  switch (value.kind) {
    case 'set':
      return batches(['SADD', key], value.members.toArray(), 1);
    case 'hash':
      return batches(['HMSET', key], [...value.fields.entries()].flat(), 2);
    case 'list':
      return batches(['RPUSH', key], value.items.toArray(), 1);
    case 'zset': {
      const scored = value.sorted.range(0, value.size);
      return batches(
        ['ZADD', key],
        scored.flatMap(({ member, score }) => [formatScore(score), member]),
        2,
      );
    }
  }
}

/** @param width words that belong together */
function batches(start: readonly string[], words: readonly string[], width: number): string {
  let out = '';
  for (let i = 0; i < words.length; i += BATCH * width) {
    out += encodeRequest([...start, ...words.slice(i, i + BATCH * width)]);
  }
  return out;
}
