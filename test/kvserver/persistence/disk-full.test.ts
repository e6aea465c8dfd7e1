import { readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { datasetDigest } from '../../../src/kvserver/commands/debug-digest.ts';
import { itNeeds } from '../../support/requirements.ts';
import { onCleanup, open, scratchDir, start } from '../harness.ts';
import type { RawClient, Reply } from '../raw-client.ts';

/** A file system of 1 MB, with a file of 300 KB in it that can be taken away to make room. */
async function tinyDisk(): Promise<{ dir: string; makeRoom(): void }> {
  const dir = await scratchDir();
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir]);
  onCleanup(() => execa('umount', [dir]));
  const ballast = join(dir, 'ballast');
  writeFileSync(ballast, Buffer.alloc(300_000));
  return { dir, makeRoom: () => rmSync(ballast) };
}

const free = (dir: string) => {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
};

/** Writes until it is refused. @returns the refusal */
async function fill(c: RawClient): Promise<Reply> {
  for (let i = 0; i < 5000; i++) {
    const reply = await c.call('SET', `key ${i}`, 'x'.repeat(1500));
    if (typeof reply === 'object' && reply !== null && 'error' in reply) return reply;
  }
  throw new Error('the disk never filled up');
}

const FULL = { error: 'MISCONF Errors writing to the AOF file: No space left on device' };

describe('a disk that is full', () => {
  itNeeds(['root', 'mount'], 'everysec: writes are refused, reads are not, and it recovers', async () => {
    const { dir, makeRoom } = await tinyDisk();
    const running = await start({ dir, appendonly: 'yes', hz: '100' });
    const c = await open(running);
    expect(await fill(c)).toEqual(FULL);
    expect(await c.call('DEL', 'key 1')).toEqual(FULL);
    expect(await c.call('GET', 'key 0')).toBe('x'.repeat(1500));
    expect(await c.call('INFO', 'persistence')).toContain('aof_last_write_status:err');
    // A new base does not fit either: the old files stay as they are.
    const before = readdirSync(join(dir, 'appendonlydir')).sort();
    await c.call('BGREWRITEAOF');
    await running.server.aof.idle();
    expect(readdirSync(join(dir, 'appendonlydir')).filter((name) => name.startsWith('temp'))).toEqual([]);
    expect(readdirSync(join(dir, 'appendonlydir'))).toEqual(expect.arrayContaining(before));
    makeRoom();
    await expect.poll(() => c.call('SET', 'after', '1'), { timeout: 10_000 }).toEqual({ status: 'OK' });
    expect(await c.call('INFO', 'persistence')).toContain('aof_last_write_status:ok');
    const digest = datasetDigest(running.server.keyspaces);
    await running.close();
    const again = await start({ dir, appendonly: 'yes', 'aof-load-truncated': 'no' });
    expect(datasetDigest(again.server.keyspaces)).toBe(digest);
  });

  itNeeds(['root', 'mount'], 'always: it ends, and keeps every write that it acknowledged', async () => {
    const { dir, makeRoom } = await tinyDisk();
    const fatal: string[] = [];
    const running = await start(
      { dir, appendonly: 'yes', appendfsync: 'always' },
      { onFatal: (error) => fatal.push(error.message) },
    );
    const c = await open(running);
    let acknowledged = 0;
    const ended = running.ended.then(() => undefined);
    for (;;) {
      const reply = await Promise.race([c.call('SET', `key ${acknowledged}`, 'x'.repeat(1500)), ended]);
      if (reply === undefined) break;
      expect(reply).toEqual({ status: 'OK' });
      acknowledged++;
    }
    expect(fatal).toEqual([expect.stringContaining("when the AOF fsync policy is 'always'")]);
    expect(fatal[0]).toMatch(/no space left on device/i);
    expect(acknowledged).toBeGreaterThan(100);
    makeRoom();
    const again = await start({ dir, appendonly: 'yes', 'aof-load-truncated': 'no' });
    expect(again.server.keyspaces[0]!.size).toBe(acknowledged);
  });

  itNeeds(['root', 'mount'], 'a snapshot that does not fit leaves the old one and no half one', async () => {
    const { dir, makeRoom } = await tinyDisk();
    const running = await start({ dir, save: '3600 1', rdbcompression: 'no', hz: '100' });
    const c = await open(running);
    await c.call('SET', 'small', '1');
    expect(await c.call('SAVE')).toEqual({ status: 'OK' });
    const { size } = statSync(join(dir, 'dump.rdb'));
    await c.pipeline(Array.from({ length: 600 }, (_, i) => ['SET', `key ${i}`, 'x'.repeat(1500)]));
    await c.call('BGSAVE');
    await running.server.snapshots.idle();
    expect(await c.call('INFO', 'persistence')).toContain('rdb_last_bgsave_status:err');
    expect(await c.call('SET', 'small', '2')).toEqual({ error: expect.stringMatching(/^MISCONF Redis is/) });
    expect(await c.call('SAVE')).toEqual({ error: 'ERR' });
    expect(readdirSync(dir).sort()).toEqual(['ballast', 'dump.rdb']);
    expect(statSync(join(dir, 'dump.rdb')).size).toBe(size);
    makeRoom();
    expect(free(dir)).toBeGreaterThan(900_000);
    // By the save rule, after the rest that follows a failure.
    await c.call('CONFIG', 'SET', 'save', '1 1');
    await expect
      .poll(() => c.call('SET', 'small', '3'), { timeout: 15_000, interval: 200 })
      .toEqual({ status: 'OK' });
    expect(statSync(join(dir, 'dump.rdb')).size).toBeGreaterThan(900_000);
  });
});
