import { setTimeout as sleep } from 'node:timers/promises';
import { fill } from './kv-fill.ts';
import { NAMES, type Name, type Pair, residentBytes, startPair } from './kv-pair.ts';
import type { Table } from './table.ts';

const KEYS = 500_000;
const SIZES = [3, 1024];
/** What a server has thrown away is given back within this, or not at all. */
const SETTLE_MS = 3000;

/** Bytes of memory that one key takes on each server: what the process grew by, and what the server says itself. */
export async function memoryTable(say: (line: string) => void): Promise<Table> {
  const rows: string[][] = [];
  for (const bytes of SIZES) {
    say(`${KEYS.toLocaleString('en')} keys of ${bytes} B`);
    // A new pair each time: nothing of the sizes before is left in the process.
    const pair = await startPair({});
    try {
      const redis = await grown(pair, 'redis-server', bytes);
      const kv = await grown(pair, 'perfcase kv', bytes);
      rows.push([
        `key of 16 B, value of ${bytes === 1024 ? '1 KB' : `${bytes} B`}`,
        ...[redis.resident, kv.resident].map((each) => Math.round(each).toLocaleString('en')),
        (redis.resident / kv.resident).toFixed(2),
        ...[redis.said, kv.said].map((each) => Math.round(each).toLocaleString('en')),
      ]);
    } finally {
      await pair.scene.close();
    }
  }
  return {
    title: `Memory for one key, bytes (${KEYS.toLocaleString('en')} keys)`,
    head: ['', ...NAMES, 'ratio', 'used_memory', 'used_memory'],
    rows,
    notes: ['Growth of the resident set; behind the ratio, growth of used_memory as each server reports it.'],
  };
}

async function grown(
  { scene, servers }: Pair,
  name: Name,
  bytes: number,
): Promise<{ resident: number; said: number }> {
  const server = servers[name];
  const said = async () => {
    const info = await scene.cli(server, ['INFO', 'memory']);
    const used = /^used_memory:(\d+)/m.exec(info)?.[1];
    if (used === undefined) throw new Error(`${name} tells no used_memory: ${info}`);
    return Number(used);
  };
  const before = { resident: residentBytes(server.pid), said: await said() };
  await fill(server.port, KEYS, bytes);
  await sleep(SETTLE_MS);
  return {
    resident: (residentBytes(server.pid) - before.resident) / KEYS,
    said: ((await said()) - before.said) / KEYS,
  };
}
