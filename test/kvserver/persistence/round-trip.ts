import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { assembleConfig } from '../../../src/kvserver/config/assemble.ts';
import { startServer } from '../../../src/kvserver/start.ts';
import { startRedisServer } from '../differential/redis-server.ts';
import { RawClient } from '../raw-client.ts';
import { differences, readDataSet, send } from './data-set.ts';
import { randomKeys } from './random-data.ts';

export type Side = 'ours' | 'redis';
export type Form = 'rdb' | 'aof' | 'aof-commands';

export interface Trip {
  readonly from: Side;
  readonly to: Side;
  readonly form: Form;
  readonly keys: number;
  readonly seed: number;
}

export interface TripResult {
  readonly keysWritten: number;
  readonly different: readonly string[];
  readonly bytes: number;
  /** What redis-check-rdb or redis-check-aof said against the file; absent when it accepted it. */
  readonly complaint?: string;
}

interface Running {
  readonly client: RawClient;
  stop(): Promise<void>;
}

const DIRECTIVES: Readonly<Record<Form, Readonly<Record<string, string>>>> = {
  rdb: {},
  aof: { appendonly: 'yes', appendfsync: 'no' },
  'aof-commands': { appendonly: 'yes', appendfsync: 'no', 'aof-use-rdb-preamble': 'no' },
};

async function run(side: Side, dir: string, form: Form): Promise<Running> {
  const directives = DIRECTIVES[form];
  if (side === 'redis') {
    const flags = Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
    const server = await startRedisServer(dir, flags);
    const client = await RawClient.open(server.port);
    return { client, stop: () => ending(client, server.stop) };
  }
  const given = { port: '0', bind: '127.0.0.1', dir, ...directives };
  const { config, errors } = assembleConfig(
    Object.entries(given).map(([name, value]) => ({ name, words: [value], where: name })),
  );
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const server = await startServer({ config, clock });
  const client = await RawClient.open(server.port);
  return { client, stop: () => ending(client, server.close) };
}

async function ending(client: RawClient, stop: () => Promise<void>): Promise<void> {
  client.close();
  await stop();
}

/** Fills one server, lets it write its file, and lets another server load it. */
export async function roundTrip(trip: Trip): Promise<TripResult> {
  const dir = await mkdtemp(join(tmpdir(), 'perfcase-trip-'));
  try {
    const written = await write(trip, dir);
    const complaint = await check(trip.form, dir);
    const reader = await run(trip.to, dir, trip.form);
    try {
      const read = await readDataSet(reader.client);
      const different = differences(written, read);
      const bytes = await sizeOf(dir);
      return { keysWritten: written.size, different, bytes, ...(complaint !== undefined && { complaint }) };
    } finally {
      await reader.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function write({ from, form, keys, seed }: Trip, dir: string): Promise<Map<string, string>> {
  const writer = await run(from, dir, form);
  const { client } = writer;
  try {
    if (form === 'rdb') {
      await send(client, randomKeys(seed, keys));
      await client.call('BGSAVE');
      await settled(client, 'rdb_bgsave_in_progress');
    } else {
      // Half of it in the base, the rest behind it.
      const half = Math.ceil(keys / 2);
      await send(client, randomKeys(seed, half));
      await client.call('BGREWRITEAOF');
      await settled(client, 'aof_rewrite_in_progress');
      await send(client, randomKeys(seed + 1, keys - half, half));
    }
    return await readDataSet(client);
  } finally {
    await writer.stop();
  }
}

async function settled(client: RawClient, field: string): Promise<void> {
  for (;;) {
    const info = await client.call('INFO', 'persistence');
    if (String(info).includes(`${field}:0`)) return;
    await new Promise((settle) => setTimeout(settle, 20));
  }
}

async function check(form: Form, dir: string): Promise<string | undefined> {
  const [program, file] =
    form === 'rdb'
      ? ['redis-check-rdb', join(dir, 'dump.rdb')]
      : ['redis-check-aof', join(dir, 'appendonlydir', 'appendonly.aof.manifest')];
  const { exitCode, all } = await execa(program, [file], { all: true, reject: false });
  return exitCode === 0 ? undefined : all;
}

async function sizeOf(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
