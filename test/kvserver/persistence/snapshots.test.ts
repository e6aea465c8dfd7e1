import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datasetDigest } from '../../../src/kvserver/commands/debug-digest.ts';
import { onCleanup, open, scratchDir, start } from '../harness.ts';
import type { RawClient } from '../raw-client.ts';
import { send } from './data-set.ts';
import { randomKeys } from './random-data.ts';

async function info(c: RawClient): Promise<Record<string, string>> {
  const text = String(await c.call('INFO', 'persistence'));
  return Object.fromEntries(text.split('\r\n').map((line) => line.split(':') as [string, string]));
}

/** A name that cannot be replaced by a file, whoever tries: a directory with something in it. */
function obstruct(dir: string): () => void {
  mkdirSync(join(dir, 'dump.rdb'));
  writeFileSync(join(dir, 'dump.rdb', 'x'), '');
  return () => rmSync(join(dir, 'dump.rdb'), { recursive: true });
}

const MISCONF = {
  error: expect.stringMatching(
    /^MISCONF Redis is configured to save RDB snapshots, but it's currently unable/,
  ),
};

describe('SAVE and BGSAVE', () => {
  it('write what is there; the next start finds it', async () => {
    const dir = await scratchDir();
    const first = await start({ dir });
    const c = await open(first);
    await send(c, randomKeys(9, 500));
    const digest = datasetDigest(first.server.keyspaces);
    const before = await info(c);
    expect(Number(before.rdb_changes_since_last_save)).toBeGreaterThan(0);
    expect(await c.call('SAVE')).toEqual({ status: 'OK' });
    expect(await info(c)).toMatchObject({
      rdb_changes_since_last_save: '0',
      rdb_last_bgsave_status: 'ok',
      rdb_saves: '1',
    });
    expect(await c.call('LASTSAVE')).toBeGreaterThan(Date.now() / 1000 - 100);
    await first.close();
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
    const second = await start({ dir });
    expect(datasetDigest(second.server.keyspaces)).toBe(digest);
    expect(await info(await open(second))).toMatchObject({
      rdb_last_load_keys_loaded: '500',
      rdb_last_load_keys_expired: '0',
      rdb_changes_since_last_save: '0',
    });
  });

  it('in the background keeps the moment at which it began, whatever clients do meanwhile', async () => {
    const dir = await scratchDir();
    const first = await start({ dir });
    const c = await open(first);
    await send(c, randomKeys(10, 3000));
    await c.call('SELECT', 0);
    await c.call('ZADD', 'big', ...Array.from({ length: 5000 }, (_, i) => [i, `m${i}`]).flat());
    const digest = datasetDigest(first.server.keyspaces);
    expect(await c.call('BGSAVE')).toEqual({ status: 'Background saving started' });
    expect(await c.call('BGSAVE')).toEqual({ error: 'ERR Background save already in progress' });
    expect(await c.call('SAVE')).toEqual({ error: 'ERR Background save already in progress' });
    expect(await info(c)).toMatchObject({ rdb_bgsave_in_progress: '1', current_save_keys_total: '3001' });
    await c.pipeline([
      ['ZADD', 'big', 9999, 'm1'],
      ['RENAME', 'big', 'renamed'],
      ['ZREM', 'renamed', 'm2'],
      ['SWAPDB', 0, 3],
      ['SET', 'new', '1'],
    ]);
    await send(c, randomKeys(77, 1000));
    await c.call('FLUSHDB');
    await first.server.snapshots.idle();
    expect(await info(c)).toMatchObject({ rdb_bgsave_in_progress: '0', rdb_last_bgsave_status: 'ok' });
    expect(Number((await info(c)).rdb_changes_since_last_save)).toBeGreaterThan(1000);
    await first.close();
    expect(datasetDigest((await start({ dir })).server.keyspaces)).toBe(digest);
  });

  it('does not run beside a rewrite, and can be scheduled after it', async () => {
    const running = await start({ appendonly: 'yes', hz: '100' });
    const c = await open(running);
    await send(c, randomKeys(1, 2000));
    const replies = await c.pipeline([
      ['BGREWRITEAOF'],
      ['BGSAVE'],
      ['BGSAVE', 'SCHEDULE'],
      ['BGSAVE', 'NOW'],
    ]);
    expect(replies.slice(1)).toEqual([
      { error: expect.stringContaining("Another child process is active (AOF?): can't BGSAVE right now") },
      { status: 'Background saving scheduled' },
      { error: 'ERR syntax error' },
    ]);
    await expect.poll(async () => (await info(c)).rdb_saves).toBe('1');
    const [, scheduled] = await c.pipeline([['BGSAVE'], ['BGREWRITEAOF']]);
    expect(scheduled).toEqual({ status: 'Background append only file rewriting scheduled' });
    expect(await info(c)).toMatchObject({ aof_rewrite_scheduled: '1' });
    await expect.poll(async () => (await info(c)).aof_rewrites).toBe('2');
  });

  it('lets the append-only file begin afterwards when that is switched on meanwhile', async () => {
    const dir = await scratchDir();
    const running = await start({ dir, hz: '100' });
    const c = await open(running);
    await send(c, randomKeys(6, 2000));
    const [, switched, during] = await c.pipeline([
      ['BGSAVE'],
      ['CONFIG', 'SET', 'appendonly', 'yes'],
      ['INFO', 'persistence'],
      ['SELECT', 0],
      ['SET', 'meanwhile', '1'],
    ]);
    expect(switched).toEqual({ status: 'OK' });
    expect(during).toContain('aof_rewrite_scheduled:1');
    await expect.poll(async () => (await info(c)).aof_rewrites).toBe('1');
    await c.call('SET', 'later', '1');
    const digest = datasetDigest(running.server.keyspaces);
    await running.close();
    expect(datasetDigest((await start({ dir, appendonly: 'yes' })).server.keyspaces)).toBe(digest);
  });

  it('follows the save rules', async () => {
    const dir = await scratchDir();
    const running = await start({ dir, hz: '100', save: '1 3' });
    const c = await open(running);
    await c.pipeline([
      ['SET', 'a', 1],
      ['SET', 'b', 1],
    ]);
    await new Promise((settle) => setTimeout(settle, 1300));
    expect(existsSync(join(dir, 'dump.rdb'))).toBe(false);
    await c.call('SET', 'c', 1);
    await expect.poll(() => existsSync(join(dir, 'dump.rdb')), { timeout: 10_000 }).toBe(true);
    await expect.poll(async () => (await info(c)).rdb_changes_since_last_save).toBe('0');
    expect(await c.call('CONFIG', 'SET', 'save', '900 1 60 100')).toEqual({ status: 'OK' });
    expect(await c.call('CONFIG', 'GET', 'save')).toEqual(['save', '900 1 60 100']);
    expect(await c.call('CONFIG', 'SET', 'save', '900')).toHaveProperty('error');
    await c.call('CONFIG', 'SET', 'save', '');
    expect(await c.call('CONFIG', 'GET', 'save')).toEqual(['save', '']);
  });
});

describe('the place of the snapshot', () => {
  it('is changed by clients only where that is allowed', async () => {
    const c = await open(await start());
    expect(await c.call('CONFIG', 'SET', 'dbfilename', 'x.rdb')).toEqual({
      error: "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config",
    });
    const elsewhere = await scratchDir();
    const allowed = await open(await start({ 'enable-protected-configs': 'local' }));
    await allowed.call('CONFIG', 'SET', 'dir', elsewhere, 'dbfilename', 'x.rdb');
    await allowed.call('SAVE');
    expect(readdirSync(elsewhere)).toEqual(['x.rdb']);
    expect(await allowed.call('CONFIG', 'SET', 'dir', join(elsewhere, 'none'))).toEqual({
      error: expect.stringContaining('No such file or directory'),
    });
    expect(await allowed.call('CONFIG', 'GET', 'dir')).toEqual(['dir', elsewhere]);
    expect(await allowed.call('CONFIG', 'SET', 'dbfilename', 'a/b')).toHaveProperty('error');
  });
});

describe('a snapshot that cannot be written', () => {
  it('stops writes while there are save rules, until one succeeds', async () => {
    const dir = await scratchDir();
    const clear = obstruct(dir);
    // The obstacle comes after the start, which would stumble over it.
    clear();
    const running = await start({ dir, save: '3600 1' });
    const c = await open(running);
    await c.call('SET', 'a', 1);
    const clearAgain = obstruct(dir);
    await c.call('BGSAVE');
    await running.server.snapshots.idle();
    expect(await info(c)).toMatchObject({ rdb_last_bgsave_status: 'err' });
    expect(await c.call('SET', 'a', 2)).toEqual(MISCONF);
    expect(await c.call('GET', 'a')).toBe('1');
    expect(await c.call('SAVE')).toEqual({ error: 'ERR' });
    expect(await c.pipeline([['MULTI'], ['SET', 'a', 2], ['EXEC']])).toMatchObject([
      { status: 'OK' },
      MISCONF,
      { error: expect.stringMatching(/^EXECABORT/) },
    ]);
    await c.call('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no');
    expect(await c.call('SET', 'a', 2)).toEqual({ status: 'OK' });
    await c.call('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'yes');
    clearAgain();
    expect(readdirSync(dir)).toEqual([]);
    await c.call('BGSAVE');
    await running.server.snapshots.idle();
    expect(await c.call('SET', 'a', 3)).toEqual({ status: 'OK' });
  });
});

describe('SHUTDOWN', () => {
  it('saves when there are save rules, or when told so, and not when told not to', async () => {
    const expected = [
      { save: '3600 100', words: [], saved: true },
      { save: '3600 100', words: ['NOSAVE'], saved: false },
      { save: '', words: [], saved: false },
      { save: '', words: ['SAVE', 'NOW'], saved: true },
    ];
    for (const { save, words, saved } of expected) {
      const dir = await scratchDir();
      const running = await start({ dir, save });
      const c = await open(running);
      await c.call('SET', 'a', 1);
      c.write(`SHUTDOWN ${words.join(' ')}\r\n`);
      await running.ended;
      expect(existsSync(join(dir, 'dump.rdb')), `save "${save}" ${words}`).toBe(saved);
    }
  });

  it('goes on when it cannot save, unless it is forced', async () => {
    const dir = await scratchDir();
    const running = await start({ dir, save: '3600 1' });
    const c = await open(running);
    onCleanup(obstruct(dir));
    const refused = { error: 'ERR Errors trying to SHUTDOWN. Check logs.' };
    expect(await c.call('SHUTDOWN')).toEqual(refused);
    expect(await c.call('SHUTDOWN', 'SAVE', 'NOW')).toEqual(refused);
    expect(await c.call('SHUTDOWN', 'SAVE', 'NOSAVE')).toEqual({ error: 'ERR syntax error' });
    expect(await c.call('SHUTDOWN', 'ABORT')).toEqual({ error: 'ERR No shutdown in progress.' });
    expect(await c.call('PING')).toEqual({ status: 'PONG' });
    c.write('SHUTDOWN FORCE\r\n');
    await running.ended;
  });
});

describe('FLUSHALL', () => {
  it('leaves nothing behind that could come back', async () => {
    const dir = await scratchDir();
    const running = await start({ dir, save: '3600 1000000' });
    const c = await open(running);
    await send(c, randomKeys(2, 2000));
    await c.call('SAVE');
    await c.pipeline([['BGSAVE'], ['FLUSHALL']]);
    await running.server.snapshots.idle();
    expect((await info(c)).rdb_bgsave_in_progress).toBe('0');
    await running.close();
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
    expect(datasetDigest((await start({ dir })).server.keyspaces)).toBe('0'.repeat(40));
  });
});

describe('DEBUG RELOAD and LOADAOF', () => {
  it('bring back the same data set', async () => {
    const running = await start({ appendonly: 'yes' });
    const c = await open(running);
    await send(c, randomKeys(4, 600));
    const digest = datasetDigest(running.server.keyspaces);
    expect(await c.call('DEBUG', 'RELOAD')).toEqual({ status: 'OK' });
    expect(datasetDigest(running.server.keyspaces)).toBe(digest);
    expect(await c.call('DEBUG', 'LOADAOF')).toEqual({ status: 'OK' });
    expect(datasetDigest(running.server.keyspaces)).toBe(digest);
    await c.pipeline([
      ['SELECT', 0],
      ['SET', 'later', '1'],
    ]);
    await c.call('DEBUG', 'RELOAD', 'NOSAVE', 'NOFLUSH', 'MERGE');
    expect(await c.call('GET', 'later')).toBe('1');
    await c.call('DEBUG', 'RELOAD', 'NOSAVE');
    expect(await c.call('EXISTS', 'later')).toBe(0);
    expect(await c.call('DEBUG', 'RELOAD', 'WHY')).toHaveProperty('error');
  });

  it('keep how keys were used, where the eviction policy asks for it', async () => {
    const c = await open(await start({ 'maxmemory-policy': 'allkeys-lru' }));
    await c.pipeline([
      ['SET', 'k', 'v'],
      ['SET', 'copy', 'v'],
    ]);
    const payload = String(await c.call('DUMP', 'k'));
    await c.call('RESTORE', 'k', 0, payload, 'REPLACE', 'IDLETIME', 1000);
    await c.call('DEBUG', 'RELOAD');
    expect(await c.call('OBJECT', 'IDLETIME', 'k')).toBeGreaterThanOrEqual(999);
    expect(await c.call('OBJECT', 'IDLETIME', 'copy')).toBeLessThan(100);
    await c.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
    await c.call('RESTORE', 'k', 0, payload, 'REPLACE', 'FREQ', 77);
    await c.call('DEBUG', 'RELOAD');
    expect(await c.call('OBJECT', 'FREQ', 'k')).toBe(77);
  });
});
