import { RawClient } from '../../test/kvserver/raw-client.ts';

const BATCH = 1000;

/** The keys that redis-benchmark draws with -r. */
export function keyName(number: number): string {
  return `key:${String(number).padStart(12, '0')}`;
}

/** Gives `count` keys a string of `bytes` bytes each. @throws when the server refuses one */
export async function fill(port: number, count: number, bytes: number): Promise<void> {
  const client = await RawClient.open(port);
  const value = 'x'.repeat(bytes);
  try {
    for (let from = 0; from < count; from += BATCH) {
      const length = Math.min(BATCH, count - from);
      const commands = Array.from({ length }, (_, i) => ['SET', keyName(from + i), value]);
      for (const reply of await client.pipeline(commands)) {
        if (JSON.stringify(reply) !== '{"status":"OK"}') throw new Error(`SET: ${JSON.stringify(reply)}`);
      }
    }
  } finally {
    client.close();
  }
}
