import { describe, expect, it } from 'vitest';
import { open, start } from './harness.ts';
import type { RawClient } from './raw-client.ts';

async function stat(client: RawClient, name: string): Promise<number> {
  const text = String(await client.call('INFO', 'everything'));
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1]);
}

describe('the memory that clients take', () => {
  it('counts the arguments of an unfinished request', async () => {
    const running = await start();
    const [slow, watcher] = [await open(running), await open(running)];
    slow.write(`*3\r\n$3\r\nSET\r\n$5000\r\n${'k'.repeat(5000)}\r\n$5000\r\n`);
    await expect.poll(() => watcher.call('CLIENT', 'LIST')).toMatch(/ argv-mem=5003 /);
  });

  it('above maxmemory-clients the largest client goes, unless it asked not to', async () => {
    const running = await start({ 'maxmemory-clients': '100kb' });
    const [large, exempt, watcher] = [await open(running), await open(running), await open(running)];
    await exempt.call('CLIENT', 'NO-EVICT', 'on');
    exempt.write(`*2\r\n$3\r\nGET\r\n$70000\r\n${'x'.repeat(60_000)}`);
    large.write(`*2\r\n$3\r\nGET\r\n$90000\r\n${'x'.repeat(80_000)}`);
    await large.closed;
    expect(await stat(watcher, 'evicted_clients')).toBe(1);
    exempt.write(`${'x'.repeat(10_000)}\r\n`);
    expect(await exempt.next()).toBeNull();
  });

  it('maxmemory-clients may be a share of maxmemory', async () => {
    const c = await open(await start({ maxmemory: '1mb', 'maxmemory-clients': '5%' }));
    expect(await c.call('CONFIG', 'GET', 'maxmemory-clients')).toEqual(['maxmemory-clients', '5%']);
    expect(await c.call('CONFIG', 'SET', 'maxmemory-clients', '101%')).toEqual({
      error:
        "ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage argument must be less or equal to 100",
    });
    const [large] = [
      await open({ port: (await start({ maxmemory: '1mb', 'maxmemory-clients': '5%' })).port }),
    ];
    large.write(`*2\r\n$3\r\nGET\r\n$90000\r\n${'x'.repeat(60_000)}`);
    await large.closed;
  });
});

describe('a client that does not read', () => {
  it('is closed when the soft limit has been exceeded for its time, also while nothing is sent', async () => {
    const running = await start({ 'client-output-buffer-limit': 'pubsub 0 10kb 1' });
    const [deaf, other] = [await open(running), await open(running)];
    await deaf.call('CLIENT', 'SETNAME', 'deaf');
    await deaf.call('SUBSCRIBE', 'news');
    deaf.pause();
    // Enough to fill what the kernel keeps for the connection.
    for (let i = 0; i < 300; i++) await other.call('PUBLISH', 'news', 'x'.repeat(100_000));
    expect(await other.call('CLIENT', 'LIST')).toContain('name=deaf');
    await expect.poll(() => other.call('CLIENT', 'LIST'), { timeout: 10_000 }).not.toContain('name=deaf');
  });
});

describe('statistics of commands', () => {
  it('count a refusal for the wrong number of arguments, and a wait that ended with an error', async () => {
    const running = await start();
    const [c, waiting] = [await open(running), await open(running)];
    await c.call('SET', 'k');
    const id = await waiting.call('CLIENT', 'ID');
    waiting.write('BLPOP list 0\r\n');
    await expect.poll(() => c.call('CLIENT', 'UNBLOCK', Number(id), 'ERROR')).toBe(1);
    const text = String(await c.call('INFO', 'everything'));
    expect(text).toMatch(/cmdstat_set:calls=0,.*rejected_calls=1,failed_calls=0/);
    expect(text).toMatch(/cmdstat_blpop:calls=1,.*rejected_calls=0,failed_calls=1/);
    expect(text).toContain('errorstat_UNBLOCKED:count=1');
  });
});
