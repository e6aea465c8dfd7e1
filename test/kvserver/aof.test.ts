import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rewriteKey } from '../../src/kvserver/aof/rewrite.ts';
import { freeze } from '../../src/kvserver/store/frozen.ts';
import { onCleanup, open, scratchDir, start } from './harness.ts';
import { encode } from './raw-client.ts';

const AOF = { appendonly: 'yes', appendfsync: 'always' };

async function restart(dir: string, directives: Record<string, string> = {}) {
  const running = await start({ ...AOF, ...directives, dir });
  return { running, client: await open(running) };
}

const increment = (dir: string) => join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof');

describe('the append-only file', () => {
  it('brings everything back', async () => {
    const dir = await scratchDir();
    const first = await restart(dir);
    const c = first.client;
    await c.call('SET', 'a', 'x\r\n\0\xff');
    await c.call('SADD', 's', '1', '2', '3');
    await c.call('SELECT', 5);
    await c.call('SET', 'b', '1', 'EX', 1000);
    await c.call('INCRBYFLOAT', 'f', '0.1');
    await c.call('SELECT', 0);
    await c.call('SPOP', 's');
    await c.call('SET', 'gone', '1');
    await c.call('DEL', 'gone');
    const left = await c.call('SMEMBERS', 's');
    await first.running.close();
    const second = await restart(dir);
    expect(await second.client.call('GET', 'a')).toBe('x\r\n\0\xff');
    expect(await second.client.call('SMEMBERS', 's')).toEqual(left);
    expect(await second.client.call('EXISTS', 'gone')).toBe(0);
    await second.client.call('SELECT', 5);
    expect(await second.client.call('TTL', 'b')).toBeGreaterThan(990);
    expect(await second.client.call('GET', 'f')).toBe('0.1');
  });

  it('is what redis-server writes: a manifest, a base and an increment in RESP', async () => {
    const dir = await scratchDir();
    const { client } = await restart(dir);
    await client.call('SET', 'k', 'v');
    await client.call('GET', 'k');
    expect(readdirSync(join(dir, 'appendonlydir')).sort()).toEqual([
      'appendonly.aof.1.base.rdb',
      'appendonly.aof.1.incr.aof',
      'appendonly.aof.manifest',
    ]);
    expect(readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.manifest'), 'latin1')).toBe(
      'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n',
    );
    expect(readFileSync(increment(dir), 'latin1')).toBe(encode(['SELECT', 0]) + encode(['SET', 'k', 'v']));
  });

  it('turns spans into moments', async () => {
    const dir = await scratchDir();
    const { client } = await restart(dir);
    await client.call('SET', 'a', '1', 'EX', 100);
    await client.call('EXPIRE', 'a', 200);
    await client.call('SETEX', 'b', 100, 'x');
    await client.call('EXPIRE', 'b', -1);
    const text = readFileSync(increment(dir), 'latin1');
    expect(text).toMatch(/SET\r\n\$1\r\na\r\n\$1\r\n1\r\n\$4\r\nPXAT\r\n\$13\r\n\d{13}/);
    expect(text).toMatch(/PEXPIREAT\r\n\$1\r\na\r\n\$13\r\n\d{13}/);
    expect(text).toContain(encode(['DEL', 'b']));
    expect(text).not.toContain('EXPIRE\r\n$1\r\nb');
  });

  it('refuses a cut tail when told so, and damage anywhere', async () => {
    const dir = await scratchDir();
    const { running, client } = await restart(dir);
    await client.call('SET', 'k', 'value');
    await running.close();
    const text = readFileSync(increment(dir), 'latin1');
    truncateSync(increment(dir), text.length - 1);
    await expect(start({ ...AOF, dir, 'aof-load-truncated': 'no' })).rejects.toThrow(
      'Unexpected end of file',
    );
    writeFileSync(increment(dir), `${text.slice(0, 23)}X${text.slice(24)}`, 'latin1');
    await expect(start({ ...AOF, dir })).rejects.toThrow('Bad file format');
    writeFileSync(increment(dir), encode(['NOSUCH', 'x']), 'latin1');
    await expect(start({ ...AOF, dir })).rejects.toThrow(
      /command this server cannot run: unknown command 'NOSUCH'$/,
    );
    writeFileSync(increment(dir), 'REDIS0010');
    await expect(start({ ...AOF, dir })).rejects.toThrow('Unexpected EOF reading RDB file');
  });

  it('skips remarks', async () => {
    const dir = await scratchDir();
    await (await restart(dir)).running.close();
    appendFileSync(increment(dir), `#TS:1700000000\r\n${encode(['SET', 'k', 'v'])}#TS:1700000001\r\n`);
    const { client } = await restart(dir);
    expect(await client.call('GET', 'k')).toBe('v');
  });

  it('can be switched on and off while the server runs', async () => {
    const dir = await scratchDir();
    const running = await start({ dir });
    const c = await open(running);
    await c.call('SET', 'before', '1');
    await c.call('SADD', 's', ...Array.from({ length: 200 }, (_, i) => i));
    await c.call('PEXPIRE', 'before', 1_000_000);
    expect(await c.call('CONFIG', 'SET', 'appendfsync', 'always', 'appendonly', 'yes')).toEqual({
      status: 'OK',
    });
    await c.call('SET', 'after', '2');
    await running.server.aof.idle();
    await c.call('CONFIG', 'SET', 'appendonly', 'no');
    await c.call('SET', 'unwritten', '3');
    await running.close();
    const again = await restart(dir);
    expect(await again.client.call('MGET', 'before', 'after', 'unwritten')).toEqual(['1', '2', null]);
    expect(await again.client.call('SCARD', 's')).toBe(200);
    expect(await again.client.call('TTL', 'before')).toBeGreaterThan(900);
    // Switched off and on once more: the old files are replaced and gone.
    await again.client.call('CONFIG', 'SET', 'appendonly', 'no');
    await again.client.call('CONFIG', 'SET', 'appendonly', 'yes');
    await again.running.server.aof.idle();
    expect(existsSync(join(dir, 'appendonlydir', 'appendonly.aof.1.base.rdb'))).toBe(false);
    expect(existsSync(join(dir, 'appendonlydir', 'appendonly.aof.2.base.rdb'))).toBe(true);
  });

  it('stops the server rather than answer what it could not write', async () => {
    const fatal: string[] = [];
    const { REAL_DISK } = await import('../../src/kvserver/aof/disk.ts');
    let broken = false;
    const disk = {
      ...REAL_DISK,
      datasync(fd: number) {
        if (broken) throw new Error('EIO: i/o error, fdatasync');
        REAL_DISK.datasync(fd);
      },
    };
    const running = await start(AOF, { disk, onFatal: (error) => fatal.push(error.message) });
    const c = await open(running);
    expect(await c.call('SET', 'a', '1')).toEqual({ status: 'OK' });
    broken = true;
    c.write(encode(['SET', 'b', '2']));
    await c.closed;
    expect(c.unasked).toEqual([]);
    await running.ended;
    expect(fatal[0]).toContain('EIO');
  });

  it('refuses writes while the disk is full under everysec, and recovers', async () => {
    const { REAL_DISK } = await import('../../src/kvserver/aof/disk.ts');
    let full = false;
    const disk = {
      ...REAL_DISK,
      write(fd: number, bytes: Buffer | string) {
        if (full)
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        return REAL_DISK.write(fd, bytes);
      },
    };
    const running = await start({ appendonly: 'yes', hz: '100' }, { disk });
    const c = await open(running);
    full = true;
    onCleanup(() => {
      full = false;
    });
    expect(await c.call('SET', 'a', '1')).toEqual({ status: 'OK' });
    expect(await c.call('SET', 'b', '1')).toEqual({
      error: 'MISCONF Errors writing to the AOF file: No space left on device',
    });
    expect(await c.call('GET', 'a')).toBe('1');
    expect(await c.call('INFO', 'persistence')).toContain('aof_last_write_status:err');
    full = false;
    await expect.poll(async () => c.call('SET', 'b', '1')).toEqual({ status: 'OK' });
  });

  it('is rewritten in the background while clients change everything', async () => {
    const dir = await scratchDir();
    const { running, client: c } = await restart(dir);
    const names = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    await c.pipeline(names.map((name, i) => ['SET', name, i]));
    for (const [kind, add] of [
      ['SADD', ['a', 'b']],
      ['HSET', ['f', '1']],
    ] as const) {
      await c.pipeline(names.slice(0, 500).map((name) => [kind, `${kind}${name}`, ...add]));
    }
    await c.call('SELECT', 3);
    await c.call('SET', 'elsewhere', '1', 'EX', 1000);
    await c.call('SELECT', 0);
    const before = running.server.aof.totalSize;
    expect(await c.call('BGREWRITEAOF')).toEqual({ status: 'Background append only file rewriting started' });
    expect(await c.call('BGREWRITEAOF')).toHaveProperty('error');
    expect(await c.call('INFO', 'persistence')).toContain('aof_rewrite_in_progress:1');
    // Everything that a copy taken too late would get wrong.
    await c.pipeline(names.map((name) => ['INCR', name]));
    await c.pipeline(
      names.slice(0, 500).flatMap((name) => [
        ['SADD', `SADD${name}`, 'c'],
        ['HSET', `HSET${name}`, 'f', '2'],
        ['RENAME', `SADD${name}`, `renamed${name}`],
        ['SADD', `renamed${name}`, 'd'],
      ]),
    );
    await c.call('DEL', 'k7');
    await running.server.aof.idle();
    expect(await c.call('INFO', 'persistence')).toContain('aof_last_bgrewrite_status:ok');
    await c.call('SET', 'later', '1');
    expect(running.server.aof.totalSize).toBeLessThan(before * 3);
    expect(readdirSync(join(dir, 'appendonlydir')).sort()).toEqual([
      'appendonly.aof.2.base.rdb',
      'appendonly.aof.2.incr.aof',
      'appendonly.aof.manifest',
    ]);
    const state = dump(running);
    await running.close();
    const again = await restart(dir);
    expect(dump(again.running)).toEqual(state);
  });

  it('takes over the single file of earlier versions', async () => {
    const dir = await scratchDir();
    writeFileSync(join(dir, 'appendonly.aof'), encode(['SELECT', 0]) + encode(['SET', 'k', 'v']));
    const { running, client } = await restart(dir);
    expect(await client.call('GET', 'k')).toBe('v');
    await client.call('SET', 'k', 'w');
    await running.close();
    expect(existsSync(join(dir, 'appendonly.aof'))).toBe(false);
    expect(await (await restart(dir)).client.call('GET', 'k')).toBe('w');
  });

  it('takes over a single file that begins with a snapshot', async () => {
    const dir = await scratchDir();
    const first = await open(await start({ dir }));
    await first.call('RPUSH', 'list', 'from', 'the', 'snapshot');
    await first.call('SAVE');
    const snapshot = readFileSync(join(dir, 'dump.rdb'), 'latin1');
    const commands = encode(['SELECT', 0]) + encode(['RPUSH', 'list', 'and after it']);
    writeFileSync(
      join(dir, 'appendonly.aof'),
      snapshot + commands + encode(['SET', 'half', 'x']).slice(0, -1),
      'latin1',
    );
    const { running, client } = await restart(dir);
    expect(await client.call('LRANGE', 'list', 0, -1)).toEqual(['from', 'the', 'snapshot', 'and after it']);
    expect(await client.call('EXISTS', 'half')).toBe(0);
    await client.call('SET', 'k', 'v');
    await running.close();
    expect(await (await restart(dir)).client.call('DBSIZE')).toBe(2);
  });

  it('is rewritten by itself when it has grown', async () => {
    const dir = await scratchDir();
    const { running, client: c } = await restart(dir, { hz: '100', 'auto-aof-rewrite-min-size': '10kb' });
    for (let i = 0; i < 20; i++)
      await c.pipeline(Array.from({ length: 50 }, () => ['SET', 'k', 'x'.repeat(20)]));
    await expect.poll(() => running.server.aof.lastRewriteMs).toBeDefined();
    expect(await c.call('GET', 'k')).toBe('x'.repeat(20));
  });

  it('writes a transaction whole, and cuts half a one', async () => {
    const dir = await scratchDir();
    const { running, client: c } = await restart(dir);
    await c.pipeline([['MULTI'], ['SET', 'a', '1'], ['GET', 'a'], ['INCR', 'a'], ['EXEC']]);
    await c.pipeline([['MULTI'], ['SET', 'b', '1'], ['EXEC']]);
    await running.close();
    const text = readFileSync(increment(dir), 'latin1');
    const whole = [['SELECT', '0'], ['MULTI'], ['SET', 'a', '1'], ['INCR', 'a'], ['EXEC']]
      .map(encode)
      .join('');
    expect(text).toBe(whole + encode(['SET', 'b', '1']));
    truncateSync(increment(dir), whole.length - 1);
    const again = await restart(dir);
    expect(await again.client.call('EXISTS', 'a')).toBe(0);
    expect(readFileSync(increment(dir), 'latin1')).toBe(encode(['SELECT', '0']));
  });
});

/** The whole data set as plain data. */
function dump({ server }: Awaited<ReturnType<typeof start>>): unknown {
  return server.keyspaces.map((db) =>
    [...db.table.entries()]
      .map(([key, value]) => [key, [...rewriteKey(key, freeze(value))].join(''), db.expiryOf(key)])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}
