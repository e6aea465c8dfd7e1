import type { RawClient, Reply } from '../raw-client.ts';
import type { Request } from './random-data.ts';

const BATCH = 500;

/** Sends commands in batches. @throws Error when one is answered with an error */
export async function send(client: RawClient, requests: Iterable<Request>): Promise<void> {
  let batch: string[][] = [];
  const flush = async () => {
    const replies = await client.pipeline(batch);
    replies.forEach((reply, i) => {
      if (typeof reply === 'object' && reply !== null && 'error' in reply) {
        throw new Error(`${batch[i]![0]}: ${reply.error}`);
      }
    });
    batch = [];
  };
  for (const request of requests) {
    batch.push([...request]);
    if (batch.length >= BATCH) await flush();
  }
  await flush();
}

const READ: Readonly<Record<string, (key: string) => string[]>> = {
  string: (key) => ['GET', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  hash: (key) => ['HGETALL', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
};

/** Everything a server holds, as "database/key" → type, expiry and content in one spelling. */
export async function readDataSet(client: RawClient): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (let db = 0; db < 16; db++) {
    await client.call('SELECT', db);
    let cursor = '0';
    do {
      const [next, keys] = (await client.call('SCAN', cursor, 'COUNT', 1000)) as [string, string[]];
      cursor = next;
      const types = await client.pipeline(keys.map((key) => ['TYPE', key]));
      const kinds = types.map((type) => (type as { status: string }).status);
      const values = await client.pipeline(keys.map((key, i) => READ[kinds[i]!]!(key)));
      const expiries = await client.pipeline(keys.map((key) => ['PEXPIRETIME', key]));
      keys.forEach((key, i) => {
        all.set(`${db}/${key}`, `${kinds[i]} ${expiries[i]} ${inOrder(kinds[i]!, values[i]!)}`);
      });
    } while (cursor !== '0');
  }
  return all;
}

function inOrder(kind: string, value: Reply): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value as string[];
  if (kind === 'set') return JSON.stringify([...items].sort());
  if (kind !== 'hash') return JSON.stringify(items);
  const pairs = Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i], items[2 * i + 1]]);
  return JSON.stringify(pairs.sort(([a], [b]) => (a! < b! ? -1 : 1)));
}

/** The keys that are not the same on both sides. */
export function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].filter((key) => a.get(key) !== b.get(key));
}
