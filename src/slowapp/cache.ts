import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

/** What the application keeps: `uuid:<uuid>` → one of these. */
export const TYPES = ['good', 'bad', 'normal'] as const;
export type CacheType = (typeof TYPES)[number];

const PREFIX = 'uuid:';
const PATTERN = `${PREFIX}*`;

export function isCacheType(text: string): text is CacheType {
  return (TYPES as readonly string[]).includes(text);
}

/**
 * Empties the server and fills it, one SET after the other, each awaited. The three values take turns, so each
 * has a third of the keys and a query finds the same number on every run.
 */
export async function fill(redis: Redis, keys: number): Promise<void> {
  await redis.flushall();
  for (let i = 0; i < keys; i++) {
    await redis.set(`${PREFIX}${randomUUID()}`, TYPES[i % TYPES.length]!);
  }
}

/**
 * The slow query, with the access pattern of the case's application, on purpose: a walk over all keys in small
 * pages, a GET for each key, and a set on the server as scratch space, so that a question about the cache
 * writes to it once for each match.
 * Costs N/10 SCANs, N GETs and a SADD for each match, every one a round trip; under `appendfsync always` each
 * SADD also waits for the disk.
 */
export async function findOnServer(redis: Redis, type: CacheType): Promise<string[]> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', PATTERN);
    for (const key of keys) {
      const value = await redis.get(key);
      if (value === type) await redis.sadd(type, key.slice(PREFIX.length));
    }
    cursor = next;
  } while (cursor !== '0');
  const data = await redis.smembers(type);
  await redis.del(type);
  return data;
}

/**
 * The rewritten query: one MGET for each page instead of a GET for each key, and the matches stay in the memory
 * of this process. It writes nothing.
 * @param count keys in a page (COUNT); the server's default of 10 when absent
 */
export async function findInMemory(redis: Redis, type: CacheType, count?: number): Promise<string[]> {
  // A walk may meet a key twice; a set keeps it once, as the set on the server did.
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] =
      count === undefined
        ? await redis.scan(cursor, 'MATCH', PATTERN)
        : await redis.scan(cursor, 'MATCH', PATTERN, 'COUNT', count);
    if (keys.length > 0) {
      const values = await redis.mget(keys);
      keys.forEach((key, i) => {
        if (values[i] === type) found.add(key.slice(PREFIX.length));
      });
    }
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}
