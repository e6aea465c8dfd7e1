import { cpSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datasetDigest } from '../../../src/kvserver/commands/debug-digest.ts';
import { loadAppendOnlyFile } from '../../../src/kvserver/load.ts';
import { open, scratchDir, start } from '../harness.ts';
import { emptyServer } from '../rdb/rdb-text.ts';
import { randomNumbers } from './random-data.ts';

const TAIL = 4096;
const INCREMENT = join('appendonlydir', 'appendonly.aof.2.incr.aof');

/** How long the file was after each command, and what the server held then. */
type History = readonly { readonly size: number; readonly digest: string }[];

/** A file with a base and an increment of more than TAIL bytes, with transactions and every type in it. */
async function write(dir: string): Promise<History> {
  const running = await start({ appendonly: 'yes', appendfsync: 'always', dir });
  const c = await open(running);
  await c.call('SET', 'in the base', 'x'.repeat(100));
  await c.call('BGREWRITEAOF');
  await running.server.aof.idle();
  const random = randomNumbers(42);
  const word = () => String.fromCharCode(...Array.from({ length: 1 + random() * 30 }, () => random() * 256));
  const makers: readonly (() => string[][])[] = [
    () => [['SET', word(), word()]],
    () => [['RPUSH', 'list', word(), word()]],
    () => [['SADD', 'set', word(), word(), '17']],
    () => [['HSET', 'hash', word(), word()]],
    () => [['ZADD', 'zset', String(random() * 100), word()]],
    () => [['SPOP', 'set']],
    () => [['SET', word(), word(), 'EX', '1000']],
    () => [['MULTI'], ['INCR', 'counter'], ['LPUSH', 'list', word()], ['DEL', 'hash'], ['EXEC']],
  ];
  const history: { size: number; digest: string }[] = [];
  for (let i = 0; history.length < 2 || history.at(-1)!.size < TAIL * 1.5; i++) {
    await c.pipeline(makers[i % makers.length]!());
    const { size } = statSync(join(dir, INCREMENT));
    history.push({ size, digest: datasetDigest(running.server.keyspaces) });
  }
  await running.close();
  return history;
}

/** What is loaded from the files in a directory. @throws FatalError */
function load(dir: string, cutTail: 'yes' | 'no'): string {
  const server = emptyServer({ dir, appendonly: 'yes', 'aof-load-truncated': cutTail });
  loadAppendOnlyFile(server);
  return datasetDigest(server.keyspaces);
}

describe('an append-only file cut at any byte of its last 4 KB', () => {
  it('loads what was whole, or refuses, as aof-load-truncated says', async () => {
    const dir = await scratchDir();
    const history = await write(dir);
    const content = readFileSync(join(dir, INCREMENT));
    const sizes = new Set(history.map(({ size }) => size));
    const copy = await scratchDir();
    cpSync(dir, copy, { recursive: true });
    const wrong: string[] = [];
    for (let length = content.length - TAIL; length <= content.length; length++) {
      const cut = join(copy, INCREMENT);
      writeFileSync(cut, content.subarray(0, length));
      const expected = history.findLast(({ size }) => size <= length)!;
      if (sizes.has(length)) {
        if (load(copy, 'no') !== expected.digest) wrong.push(`whole at ${length}: not what it was`);
      } else {
        expect(() => load(copy, 'no')).toThrow(`Unexpected end of file reading the append only file ${cut}`);
      }
      if (load(copy, 'yes') !== expected.digest) wrong.push(`cut at ${length}: not what it was`);
      if (statSync(cut).size !== expected.size) wrong.push(`cut at ${length}: left at ${statSync(cut).size}`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('is not cut where it is not the last file, or in its base', async () => {
    const dir = await scratchDir();
    await write(dir);
    const base = join(dir, 'appendonlydir', 'appendonly.aof.2.base.rdb');
    truncateSync(base, statSync(base).size - 1);
    expect(() => load(dir, 'yes')).toThrow('Unexpected EOF reading RDB file');
  });
});
