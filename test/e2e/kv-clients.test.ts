import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { itNeeds, PYTHON } from '../support/requirements.ts';
import { Cli, scratch } from './kv.support.ts';

const run = promisify(execFile);

async function startKv(...flags: string[]): Promise<string> {
  const kv = new Cli(['kv', '--port', '0', '--dir', await scratch(), ...flags]);
  return String(await kv.ready());
}

/** Runs a program that never ends by itself until it has said something. @returns what it said */
async function until(command: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  try {
    return await new Promise((settle, fail) => {
      child.once('close', () => fail(new Error(`${command} ended: ${said}`)));
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (pattern.test(said)) settle(said);
      });
    });
  } finally {
    child.kill('SIGKILL');
  }
}

describe('unchanged clients', () => {
  itNeeds(['dist', 'redis-cli', 'stdbuf'], "redis-cli's modes", async () => {
    const port = await startKv('--maxmemory-policy', 'allkeys-lfu', '--enable-debug-command', 'yes');
    const cli = async (...args: string[]) => (await run('redis-cli', ['-p', port, ...args])).stdout;
    await cli('DEBUG', 'POPULATE', '100', 'key', '20');
    await cli('RPUSH', 'list', ...Array.from({ length: 300 }, (_, i) => `item-${i}`));
    await cli('HSET', 'hash', 'f', '1', 'g', '2');
    const big = await cli('--bigkeys');
    expect(big).toContain(`list found '"list"' has 300 items`);
    expect(big).toContain('100 strings with 2000 bytes');
    expect(await cli('--memkeys')).toMatch(/list found '"list"' has \d{4,} bytes/);
    expect(await cli('--hotkeys')).toMatch(/hot key found with counter: \d+\tkeyname: /);
    expect((await cli('--scan', '--pattern', 'key:1?')).trim().split('\n')).toHaveLength(10);
    // Least, greatest and average in milliseconds, and how many were sent: in a second, as it is no terminal.
    expect(await cli('--latency', '--raw')).toMatch(/^\d+ \d+ \d+\.\d+ \d+\n$/);
    expect(await cli('-3', 'HGETALL', 'hash')).toBe('f 1\ng 2\n');
    expect(await cli('--csv', 'LRANGE', 'list', '0', '1')).toBe('"item-0","item-1"\n');
    const stat = ['-oL', 'redis-cli', '-p', port, '--stat', '-i', '0.1'];
    expect(await until('stdbuf', stat, /\n\d+ .*\n/)).toMatch(/^keys +mem +clients/m);
    const pipe = run('redis-cli', ['-p', port, '--pipe']);
    pipe.child.stdin!.end('SET piped 1\r\nINCR piped\r\n');
    expect((await pipe).stdout).toContain('errors: 0, replies: 2');
  });

  itNeeds(['dist', 'redis-benchmark'], 'every test of redis-benchmark that needs no streams', async () => {
    const port = await startKv();
    const tests = 'ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange,mset';
    const { stdout, stderr } = await run('redis-benchmark', ['-p', port, '-n', '500', '--csv', '-t', tests]);
    expect(stderr).toBe('');
    const rates = [...stdout.matchAll(/^"([A-Z_]+)[^"]*","(\d+\.\d+)"/gm)].map(([, name]) => name);
    const ranges = ['LPUSH', 'LRANGE_', 'LRANGE_', 'LRANGE_', 'LRANGE_'];
    const lists = ['LPUSH', 'RPUSH', 'LPOP', 'RPOP'];
    const others = ['SADD', 'HSET', 'SPOP', 'ZADD', 'ZPOPMIN', ...ranges, 'MSET'];
    expect(rates).toEqual(['PING_INLINE', 'PING_MBULK', 'SET', 'GET', 'INCR', ...lists, ...others]);
  });

  it('ioredis: pipelines, transactions, messages, waiting, walks', async () => {
    const redis = new Redis({ port: Number(await startKv('--requirepass', 'secret')), password: 'secret' });
    const other = redis.duplicate();
    try {
      const piped = await redis.pipeline().set('a', '1').incr('a').hset('h', { f: '1' }).hgetall('h').exec();
      expect(piped?.map(([, value]) => value)).toEqual(['OK', 2, 1, { f: '1' }]);
      expect(await redis.multi().get('a').zadd('z', 1.5, 'm').exec()).toEqual([
        [null, '2'],
        [null, 1],
      ]);
      await redis.watch('a');
      await other.set('a', '3');
      expect(await redis.multi().get('a').exec()).toBeNull();
      const popped = other.blpop('queue', 0);
      await redis.rpush('queue', 'job');
      expect(await popped).toEqual(['queue', 'job']);
      await redis.mset(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k:${i}`, String(i)])));
      const keys = new Set<string>();
      for await (const some of redis.scanStream({ match: 'k:*', count: 10 })) {
        for (const key of some as string[]) keys.add(key);
      }
      expect(keys.size).toBe(100);
      const message = new Promise((settle) => other.once('message', (...words) => settle(words)));
      await other.subscribe('news');
      expect(await redis.publish('news', 'hello')).toBe(1);
      expect(await message).toEqual(['news', 'hello']);
      expect(await redis.getBuffer('a')).toEqual(Buffer.from('3'));
    } finally {
      redis.disconnect();
      other.disconnect();
    }
  });

  itNeeds(['dist', 'python:redis'], "Python's: pipelines, messages, waiting, walks, MONITOR", async () => {
    const port = await startKv();
    const script = `
import redis
r = redis.Redis(port=${port}, decode_responses=True)
print(r.set('a', 1, ex=10), r.ttl('a'), r.hset('h', mapping={'f': 1}), r.hgetall('h'))
print(r.zadd('z', {'m': 1.5}), r.zrange('z', 0, -1, withscores=True))
p = r.pipeline()
p.set('x', 1)
p.incr('x')
print(p.execute())
s = r.pubsub()
s.subscribe('c')
s.get_message(timeout=5)
r.publish('c', 'hello')
print(s.get_message(timeout=5)['data'])
r.lpush('l', 1, 2)
print(r.blpop('l', 5), sorted(r.scan_iter('?')), r.object('encoding', 'a'), r.acl_whoami())
with r.monitor() as m:
    r.set('b', 1)
    print(m.next_command()['command'])
`;
    const { stdout } = await run(PYTHON, ['-c', script]);
    expect(stdout.split('\n')).toEqual([
      "True 10 1 {'f': '1'}",
      "1 [('m', 1.5)]",
      '[True, 2]',
      'hello',
      "('l', '2') ['a', 'h', 'l', 'x', 'z'] int default",
      'SET b 1',
      '',
    ]);
  });
});
