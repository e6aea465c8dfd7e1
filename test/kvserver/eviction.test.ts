import { describe, expect, it } from 'vitest';
import { AccessClock } from '../../src/kvserver/store/access-clock.ts';
import { FakeClock, open, start } from './harness.ts';
import type { RawClient, Reply } from './raw-client.ts';

const OOM = { error: "OOM command not allowed when used memory > 'maxmemory'." };
const VALUE = 'x'.repeat(200);

async function info(client: RawClient, field: string): Promise<number> {
  const text = (await client.call('INFO', 'everything')) as string;
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(text)![1]);
}

/** Allows so many bytes more than there are. */
async function allow(client: RawClient, bytes: number, policy: string): Promise<void> {
  const limit = (await info(client, 'used_memory')) + bytes;
  await client.call('CONFIG', 'SET', 'maxmemory-policy', policy, 'maxmemory', String(limit));
}

/** One request after the other: what waits in a client's buffer counts as memory, too. */
async function fill(client: RawClient, count: number, ...options: string[]): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let i = 0; i < count; i++) replies.push(await client.call('SET', `key:${i}`, VALUE, ...options));
  return replies;
}

describe('the memory that is counted', () => {
  it('grows and shrinks with the data, and is 0 when there is none', async () => {
    const c = await open(await start());
    const empty = await info(c, 'keys_and_values');
    expect(empty).toBe(0);
    await fill(c, 100, 'EX', '100');
    await c.call('HSET', 'h', 'a', VALUE, 'b', VALUE);
    await c.call('RPUSH', 'l', VALUE, VALUE);
    await c.call('SADD', 's', VALUE);
    await c.call('ZADD', 'z', '1', VALUE);
    const full = await info(c, 'keys_and_values');
    expect(full).toBeGreaterThan(106 * VALUE.length);
    expect(full).toBeLessThan(106 * VALUE.length + 110 * 200 + 2000);
    await c.call('HDEL', 'h', 'b');
    await c.call('LPOP', 'l');
    expect(await info(c, 'keys_and_values')).toBeLessThan(full - 2 * VALUE.length);
    await c.call('SWAPDB', '0', '1');
    await c.call('SELECT', '1');
    for (const key of ['h', 'l', 's', 'z']) await c.call('RENAME', key, `${key}2`);
    for (const key of ['h2', 'l2', 's2', 'z2']) await c.call('DEL', key);
    for (let i = 0; i < 100; i++) await c.call('GETDEL', `key:${i}`);
    expect(await info(c, 'keys_and_values')).toBe(0);
  });

  it('is what MEMORY USAGE says of a key', async () => {
    const c = await open(await start());
    await c.call('SET', 'a', VALUE);
    expect(await info(c, 'keys_and_values')).toBe(await c.call('MEMORY', 'USAGE', 'a'));
    expect(await c.call('MEMORY', 'USAGE', 'nosuch')).toBeNull();
  });
});

describe('maxmemory', () => {
  it('refuses writes under noeviction, and nothing else', async () => {
    const c = await open(await start());
    await fill(c, 10);
    await allow(c, -1, 'noeviction');
    expect(await c.call('SET', 'a', '1')).toEqual(OOM);
    expect(await c.call('GET', 'key:1')).toBe(VALUE);
    expect(await c.call('MULTI')).toEqual({ status: 'OK' });
    expect(await c.call('GET', 'a')).toEqual(OOM);
    expect(await c.call('EXEC')).toEqual({
      error: 'EXECABORT Transaction discarded because of previous errors.',
    });
    expect(await c.call('DEL', 'key:1')).toBe(1);
    expect(await c.call('SET', 'a', '1')).toEqual({ status: 'OK' });
  });

  it('refuses an EXEC that would write', async () => {
    const running = await start();
    const c = await open(running);
    await fill(c, 10);
    await c.pipeline([['MULTI'], ['SET', 'a', '1']]);
    await allow(await open(running), -1, 'noeviction');
    expect(JSON.stringify(await c.call('EXEC'))).toContain('OOM command not allowed');
  });

  it.each(['allkeys-lru', 'allkeys-lfu', 'allkeys-random'])(
    '%s throws out keys that never expire',
    async (policy) => {
      const c = await open(await start());
      await allow(c, 50 * 300, policy);
      expect((await fill(c, 500)).every((reply) => JSON.stringify(reply) === '{"status":"OK"}')).toBe(true);
      expect(await info(c, 'used_memory')).toBeLessThanOrEqual((await info(c, 'maxmemory')) + 1000);
      expect(await info(c, 'evicted_keys')).toBeGreaterThan(400);
    },
  );

  it.each(['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'])(
    '%s throws out keys that expire, and refuses when there are none',
    async (policy) => {
      const c = await open(await start());
      await c.call('SET', 'stays', VALUE);
      await fill(c, 50, 'EX', '1000');
      await allow(c, 0, policy);
      for (let i = 0; i < 200; i++) await c.call('SET', `more:${i}`, VALUE, 'EX', '1000');
      expect(await c.call('EXISTS', 'stays')).toBe(1);
      for (let i = 0; i < 100; i++) await c.call('SET', `lasting:${i}`, VALUE);
      expect(await c.call('SET', 'one-more', VALUE)).toEqual(OOM);
    },
  );

  it('throws out what expires first under volatile-ttl', async () => {
    const c = await open(await start());
    await c.call('CONFIG', 'SET', 'maxmemory-samples', '64');
    for (let i = 0; i < 20; i++) await c.call('SET', `late:${i}`, VALUE, 'EX', '5000');
    await c.call('SET', 'soon', VALUE, 'EX', '100');
    await allow(c, -1, 'volatile-ttl');
    await c.call('PING');
    expect(await c.call('EXISTS', 'soon')).toBe(0);
    expect(await c.call('DBSIZE')).toBe(20);
  });

  it.each([
    ['allkeys-lru', 1],
    ['allkeys-lfu', 40],
  ])('keeps what is used under %s', async (policy, uses) => {
    const clock = new FakeClock();
    const c = await open(await start({ 'maxmemory-policy': policy }, { clock }));
    await fill(c, 200);
    clock.advance(10_000);
    for (let i = 0; i < 100; i++) {
      await c.pipeline(Array.from({ length: uses }, () => ['GET', `key:${i}`]));
    }
    const used = await info(c, 'keys_and_values');
    await c.call('CONFIG', 'SET', 'maxmemory-samples', '10', 'maxmemory', String(Math.floor(used * 0.6)));
    await c.call('PING');
    const left = (await c.call('KEYS', '*')) as string[];
    const kept = left.filter((key) => Number(key.slice(4)) < 100).length;
    expect(left.length).toBeLessThan(125);
    // Nearly all that were used are there, and few of the others.
    expect(kept).toBeGreaterThan(85);
  });

  it('writes what it throws out to the append-only file', async () => {
    const running = await start({ appendonly: 'yes' });
    const c = await open(running);
    await fill(c, 10);
    await allow(c, -1, 'allkeys-random');
    await c.call('PING');
    expect(await c.call('DBSIZE')).toBe(9);
    await running.close();
    const again = await open(await start({ appendonly: 'yes', dir: running.server.config.values.dir }));
    expect(await again.call('DBSIZE')).toBe(9);
  });
});

describe('the access history', () => {
  it('is idle time', async () => {
    const clock = new FakeClock();
    const c = await open(await start({}, { clock }));
    await c.call('SET', 'a', '1');
    clock.advance(5000);
    expect(await c.call('OBJECT', 'IDLETIME', 'a')).toBe(5);
    await c.call('EXISTS', 'a');
    await c.call('TTL', 'a');
    expect(await c.call('OBJECT', 'IDLETIME', 'a')).toBe(5);
    await c.call('GET', 'a');
    expect(await c.call('OBJECT', 'IDLETIME', 'a')).toBe(0);
  });

  it('begins anew when the policy changes what is noted', async () => {
    const clock = new FakeClock();
    const c = await open(await start({}, { clock }));
    await c.call('SET', 'a', '1');
    clock.advance(60_000);
    await c.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
    expect(await c.call('OBJECT', 'FREQ', 'a')).toBe(5);
    expect(await c.call('OBJECT', 'IDLETIME', 'a')).toHaveProperty('error');
    await c.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(await c.call('OBJECT', 'IDLETIME', 'a')).toBe(0);
    expect(await c.call('OBJECT', 'FREQ', 'a')).toHaveProperty('error');
  });

  it('counts uses under LFU, which time takes away again', () => {
    const clock = new AccessClock();
    clock.lfu = true;
    clock.logFactor = 0;
    clock.seconds = 60 * 1000;
    let stamp = clock.first();
    expect(clock.frequency(stamp)).toBe(5);
    for (let i = 0; i < 300; i++) stamp = clock.used(stamp);
    expect(clock.frequency(stamp)).toBe(255);
    clock.seconds += 60 * 55;
    expect(clock.frequency(stamp)).toBe(200);
    clock.decayMinutes = 0;
    expect(clock.frequency(stamp)).toBe(255);
  });
});
