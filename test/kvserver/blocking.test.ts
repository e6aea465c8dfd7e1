import { describe, expect, it } from 'vitest';
import { open, start } from './harness.ts';
import type { RawClient } from './raw-client.ts';

async function whenBlocked(client: RawClient): Promise<void> {
  await expect.poll(() => client.call('INFO', 'clients')).toContain('blocked_clients:1');
}

describe('a client that waits for a key', () => {
  it('gets an error when what it takes cannot be put where it wants it, and nothing is lost', async () => {
    const running = await start();
    const [waiting, other] = [await open(running), await open(running)];
    for (const command of ['BRPOPLPUSH from to 0', 'BLMOVE from to RIGHT LEFT 0']) {
      await other.call('DEL', 'from', 'to');
      waiting.write(`${command}\r\n`);
      await whenBlocked(other);
      await other.pipeline([
        ['SET', 'to', 'a string'],
        ['RPUSH', 'from', 'item'],
      ]);
      expect(await waiting.next()).toEqual({
        error: 'WRONGTYPE Operation against a key holding the wrong kind of value',
      });
      expect(await other.call('LRANGE', 'from', 0, -1)).toEqual(['item']);
    }
  });

  it('goes on waiting when the key appears with another type', async () => {
    const running = await start();
    const [waiting, other] = [await open(running), await open(running)];
    waiting.write('BLPOP key 0\r\n');
    await whenBlocked(other);
    await other.pipeline([
      ['ZADD', 'key', '1', 'a'],
      ['DEL', 'key'],
      ['RPUSH', 'key', 'item'],
    ]);
    expect(await waiting.next()).toEqual(['key', 'item']);
  });
});

describe('CLIENT PAUSE', () => {
  it('lets keys expire for those who ask, and removes them afterwards', async () => {
    const c = await open(await start());
    const expired = async () => /expired_keys:(\d+)/.exec(String(await c.call('INFO', 'stats')))?.[1];
    await c.pipeline([
      ['MULTI'],
      ['SET', 'k', 'v', 'PX', '1'],
      ['CLIENT', 'PAUSE', '60000', 'WRITE'],
      ['EXEC'],
    ]);
    await expect.poll(() => c.call('GET', 'k')).toBeNull();
    expect(await expired()).toBe('0');
    await c.call('CLIENT', 'UNPAUSE');
    expect(await c.call('GET', 'k')).toBeNull();
    expect(await expired()).toBe('1');
  });
});
