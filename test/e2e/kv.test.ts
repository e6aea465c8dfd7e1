import { execFile } from 'node:child_process';
import { stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startRedisServer } from '../kvserver/differential/redis-server.ts';
import { RawClient } from '../kvserver/raw-client.ts';
import { itNeeds, PYTHON } from '../support/requirements.ts';
import { Cli, scratch } from './kv.support.ts';

const run = promisify(execFile);

/** PERFCASE_CRASH_ROUNDS=200 for a long run. */
const ROUNDS = Number(process.env.PERFCASE_CRASH_ROUNDS ?? 8);

describe('perfcase kv', () => {
  it('says that it is ready, and ends with 0 on SIGTERM and SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const kv = new Cli(['kv', '--port', '0', '--dir', await scratch(), '--appendonly', 'yes']);
      const port = await kv.ready();
      expect(kv.stdout).toBe(`perfcase kv: ready on 127.0.0.1:${port} (pid ${kv.child.pid})\n`);
      const client = await RawClient.open(port);
      expect(await client.call('SET', 'a', '1')).toEqual({ status: 'OK' });
      const { code, stderr } = await kv.kill(signal);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      await client.closed;
    }
  });

  it('takes what a redis.conf includes', async () => {
    const dir = await scratch();
    const [outer, inner, endless] = ['outer', 'inner', 'endless'].map((name) => join(dir, `${name}.conf`));
    await writeFile(outer!, `hz 20\ninclude ${inner}\nport 0\ndir ${dir}\n`);
    await writeFile(inner!, 'hz 30\ntimeout 7\n');
    await writeFile(endless!, `include ${endless}\n`);
    const client = await RawClient.open(await new Cli(['kv', outer!]).ready());
    expect(await client.call('CONFIG', 'GET', 'hz', 'timeout')).toEqual(['hz', '30', 'timeout', '7']);
    client.close();
    const refused = await new Cli(['kv', endless!]).finished;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe(`perfcase: kv: ${endless} includes itself\n`);
  });

  it('takes a redis.conf, and flags over it', async () => {
    const dir = await scratch();
    const conf = join(dir, 'redis.conf');
    await writeFile(conf, `port 1\nappendonly yes\nappendfsync always\nio-threads 4\ndir ${dir}\n`);
    const kv = new Cli(['kv', conf, '--port', '0', '--requirepass', 'x']);
    const client = await RawClient.open(await kv.ready());
    await client.call('AUTH', 'x');
    expect(await client.call('CONFIG', 'GET', 'append*')).toEqual([
      'appenddirname',
      'appendonlydir',
      'appendfilename',
      'appendonly.aof',
      'appendfsync',
      'always',
      'appendonly',
      'yes',
    ]);
    expect(kv.stderr).toMatch(/redis\.conf line 4: .*"?io-threads"? /);
    client.write('*1\r\n$8\r\nSHUTDOWN\r\n');
    expect((await kv.finished).code).toBe(0);
  });

  it('refuses bad input with one line and 2', async () => {
    const taken = createServer();
    await new Promise<void>((settle) => taken.listen(0, '127.0.0.1', settle));
    const { port } = taken.address() as { port: number };
    for (const args of [
      ['--port', String(port)],
      ['--port', 'x'],
      ['--appendfsync', 'sometimes'],
      ['/no/such.conf'],
      ['--port', '0', '--dir', '/no/such/dir'],
    ]) {
      const { code, stdout, stderr } = await new Cli(['kv', ...args]).finished;
      expect({ code, stdout, lines: stderr.split('\n').length }, stderr).toEqual({
        code: 2,
        stdout: '',
        lines: 2,
      });
    }
    await new Promise((settle) => taken.close(settle));
  });

  it('saves a snapshot when a signal ends it and there are save rules; a damaged one is one line and 1', async () => {
    const dir = await scratch();
    const args = ['kv', '--port', '0', '--dir', dir, '--save', '3600 100'];
    const first = new Cli(args);
    const client = await RawClient.open(await first.ready());
    await client.call('SET', 'a', '1');
    expect((await first.kill('SIGTERM')).code).toBe(0);
    const second = new Cli(args);
    const again = await RawClient.open(await second.ready());
    expect(await again.call('GET', 'a')).toBe('1');
    await second.kill('SIGKILL');
    const file = join(dir, 'dump.rdb');
    await truncate(file, (await stat(file)).size - 9);
    const { code, stdout, stderr } = await new Cli(args).finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^perfcase: kv: cannot load .*dump\.rdb, byte \d+: Unexpected EOF reading RDB file.*\n$/,
    );
  });

  it('loses no acknowledged write under always when it is killed', {
    timeout: 60_000 + ROUNDS * 3000,
  }, async () => {
    const dir = await scratch();
    const args = ['kv', '--port', '0', '--dir', dir, '--appendonly', 'yes', '--appendfsync', 'always'];
    const acknowledged = new Set<string>();
    let number = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const kv = new Cli(args);
      const port = await kv.ready();
      const clients = await Promise.all([1, 2, 3].map(() => RawClient.open(port)));
      let dead = false;
      const writers = clients.map(async (client) => {
        while (!dead) {
          const key = `k${number++}`;
          const reply = await Promise.race([client.call('SET', key, key), client.closed]);
          if (reply === undefined) return;
          acknowledged.add(key);
        }
      });
      // The blow may fall while the file is made anew, too.
      await new Promise((settle) => setTimeout(settle, 20 + Math.random() * 50));
      void clients[round % 3]!.call(round % 4 === 3 ? 'BGSAVE' : 'BGREWRITEAOF');
      await new Promise((settle) => setTimeout(settle, Math.random() * 60));
      await kv.kill('SIGKILL');
      dead = true;
      await Promise.all(writers);
    }
    expect(acknowledged.size).toBeGreaterThan(50);
    const kv = new Cli(args);
    const client = await RawClient.open(await kv.ready());
    const keys = [...acknowledged];
    const values = await client.pipeline(keys.map((key) => ['GET', key]));
    const missing = keys.filter((key, i) => values[i] !== key);
    expect(missing).toEqual([]);
    if (ROUNDS > 8) console.log(`${ROUNDS} kills, ${acknowledged.size} acknowledged writes, none lost`);
  });

  itNeeds(['redis-cli', 'redis-benchmark'], 'serves redis-cli and redis-benchmark', async () => {
    const kv = new Cli(['kv', '--port', '0', '--dir', await scratch()]);
    const port = String(await kv.ready());
    expect((await run('redis-cli', ['-p', port, 'set', 'a', 'b'])).stdout).toBe('OK\n');
    expect((await run('redis-cli', ['-3', '-p', port, '--scan'])).stdout).toBe('a\n');
    const bench = await run('redis-benchmark', [
      '-p',
      port,
      '-n',
      '2000',
      '-P',
      '4',
      '-t',
      'ping,set,get,incr,sadd,spop,mset',
      '-q',
    ]);
    expect(bench.stdout).toContain('MSET');
    expect(bench.stderr).toBe('');
  });

  itNeeds(['python:redis'], "serves Python's client", async () => {
    const kv = new Cli(['kv', '--port', '0', '--dir', await scratch()]);
    const port = await kv.ready();
    const script = `
import redis
r = redis.Redis(port=${port}, decode_responses=True)
r.mset({'uuid:%d' % i: 'good' for i in range(50)})
print(len(set(r.scan_iter('uuid:*'))), r.get('uuid:7'), r.info()['redis_version'], r.config_get('appendfsync'))
`;
    expect((await run(PYTHON, ['-c', script])).stdout).toBe("50 good 7.0.15 {'appendfsync': 'everysec'}\n");
  });

  itNeeds(
    ['redis-server', 'redis-check-aof'],
    "and redis-server load each other's append-only files",
    async () => {
      const writes = [
        ['SET', 'a', 'x\xff\0', 'EX', '100000'],
        ['SADD', 's', ...Array.from({ length: 300 }, (_, i) => `m${i}`)],
        ['RPUSH', 'l', 'one', 'two', 'three'],
        ['LPOP', 'l'],
        ['HSET', 'h', 'f', '1', 'g', '2'],
        ['HINCRBYFLOAT', 'h', 'f', '0.1'],
        ['ZADD', 'z', '0.1', 'low', '-inf', 'least', '3', 'high'],
        ['MULTI'],
        ['SELECT', '3'],
        ['SET', 'elsewhere', '1'],
        ['EXEC'],
        ['SELECT', '0'],
      ];
      const reads = [
        ['GET', 'a'],
        ['EXPIRETIME', 'a'],
        ['SCARD', 's'],
        ['SISMEMBER', 's', 'm299'],
        ['LRANGE', 'l', '0', '-1'],
        ['HMGET', 'h', 'f', 'g'],
        ['ZRANGE', 'z', '0', '-1', 'WITHSCORES'],
        ['SELECT', '3'],
        ['GET', 'elsewhere'],
        ['DBSIZE'],
      ];
      const dir = await scratch();
      const flags = ['--appendonly', 'yes', '--appendfsync', 'always'];
      const kv = new Cli(['kv', '--port', '0', '--dir', dir, ...flags]);
      const first = await RawClient.open(await kv.ready());
      await first.pipeline(writes.slice(0, 4));
      await first.call('BGREWRITEAOF');
      await expect.poll(() => first.call('INFO', 'persistence')).toContain('aof_rewrite_in_progress:0');
      await first.pipeline(writes.slice(4));
      const expected = await first.pipeline(reads);
      expect(expected.at(-2)).toBe('1');
      await kv.kill('SIGKILL');
      const check = await run('redis-check-aof', [join(dir, 'appendonlydir', 'appendonly.aof.manifest')]);
      expect(check.stdout).toContain('All AOF files and manifest are valid');
      // redis-server goes on with the same files and rewrites them in its own way, then the bundled server again.
      const real = await startRedisServer(dir, [...flags, '--aof-use-rdb-preamble', 'no']);
      try {
        const second = await RawClient.open(real.port);
        expect(await second.pipeline(reads)).toEqual(expected);
        await second.call('BGREWRITEAOF');
        await expect.poll(() => second.call('INFO', 'persistence')).toContain('aof_rewrite_in_progress:0');
        second.close();
      } finally {
        await real.stop();
      }
      const again = new Cli(['kv', '--port', '0', '--dir', dir, ...flags]);
      const third = await RawClient.open(await again.ready());
      expect(await third.pipeline(reads)).toEqual(expected);
    },
  );
});
