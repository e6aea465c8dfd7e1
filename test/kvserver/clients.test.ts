import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock, open, scratchDir, start } from './harness.ts';
import { encode } from './raw-client.ts';

async function two(directives: Record<string, string> = {}, options: Parameters<typeof start>[1] = {}) {
  const running = await start(directives, options);
  return { running, a: await open(running), b: await open(running) };
}

describe('WATCH', () => {
  it('stops a transaction when a key has changed, by whatever', async () => {
    const { a, b } = await two();
    for (const change of [
      ['SET', 'k', '2'],
      ['DEL', 'k'],
      ['FLUSHALL'],
      ['RENAME', 'k', 'x'],
      ['SWAPDB', '0', '1'],
    ]) {
      await a.pipeline([['FLUSHALL'], ['SET', 'k', '1']]);
      await a.call('WATCH', 'k');
      await b.call(...(change as [string]));
      expect(await a.pipeline([['MULTI'], ['SET', 'k', '3'], ['EXEC']])).toEqual([
        { status: 'OK' },
        { status: 'QUEUED' },
        null,
      ]);
      // The watch is over.
      expect((await a.pipeline([['MULTI'], ['PING'], ['EXEC']]))[2]).toEqual([{ status: 'PONG' }]);
    }
  });

  it('does not mind other keys, and forgets on UNWATCH', async () => {
    const { a, b } = await two();
    await a.call('WATCH', 'k');
    await b.call('SET', 'other', '1');
    expect((await a.pipeline([['MULTI'], ['PING'], ['EXEC']]))[2]).toEqual([{ status: 'PONG' }]);
    await a.call('WATCH', 'k');
    await b.call('SET', 'k', '1');
    await a.call('UNWATCH');
    expect((await a.pipeline([['MULTI'], ['PING'], ['EXEC']]))[2]).toEqual([{ status: 'PONG' }]);
  });

  it('counts an expiry as a change', async () => {
    const clock = new FakeClock();
    const { a } = await two({}, { clock });
    await a.pipeline([
      ['SET', 'k', '1', 'PX', '100'],
      ['WATCH', 'k'],
    ]);
    clock.advance(100);
    expect((await a.pipeline([['MULTI'], ['PING'], ['EXEC']]))[2]).toBeNull();
  });
});

describe('MULTI', () => {
  it('refuses everything after a command that was refused', async () => {
    const { a } = await two();
    expect(await a.pipeline([['MULTI'], ['NOSUCH'], ['SET', 'k', '1'], ['EXEC']])).toMatchObject([
      { status: 'OK' },
      { error: expect.stringContaining('unknown command') },
      { status: 'QUEUED' },
      { error: 'EXECABORT Transaction discarded because of previous errors.' },
    ]);
    expect(await a.call('EXISTS', 'k')).toBe(0);
  });
});

describe('waiting for a list', () => {
  it('ends when somebody adds to it, first come, first served', async () => {
    const { running, a, b } = await two();
    const c = await open(running);
    const first = a.call('BLPOP', 'x', 'list', '0');
    await expect.poll(() => running.server.blocking.clients).toBe(1);
    const second = b.call('BRPOP', 'list', '0');
    await expect.poll(() => running.server.blocking.clients).toBe(2);
    expect(await c.call('RPUSH', 'list', '1', '2', '3')).toBe(3);
    expect(await first).toEqual(['list', '1']);
    expect(await second).toEqual(['list', '3']);
    expect(await c.call('LRANGE', 'list', 0, -1)).toEqual(['2']);
  });

  it('ends when the time is over, when told to, and with the connection', async () => {
    const { running, a, b } = await two();
    expect(await a.call('BLPOP', 'list', '0.01')).toBeNull();
    const id = (await a.call('CLIENT', 'ID')) as number;
    const waiting = a.call('BLMOVE', 'list', 'other', 'LEFT', 'RIGHT', '0');
    await expect.poll(() => running.server.blocking.clients).toBe(1);
    expect(await b.call('CLIENT', 'UNBLOCK', id, 'ERROR')).toBe(1);
    expect(await waiting).toEqual({ error: 'UNBLOCKED client unblocked via CLIENT UNBLOCK' });
    a.write(encode(['BLPOP', 'list', '0']));
    await expect.poll(() => running.server.blocking.clients).toBe(1);
    a.close();
    await expect.poll(() => running.server.blocking.clients).toBe(0);
  });

  it('holds back what the client sent behind it', async () => {
    const { running, a, b } = await two();
    const replies = a.pipeline([
      ['BLPOP', 'list', '0'],
      ['ECHO', 'later'],
      ['BLPOP', 'list', '0'],
      ['ECHO', 'last'],
    ]);
    await expect.poll(() => running.server.blocking.clients).toBe(1);
    await b.call('RPUSH', 'list', '1');
    await b.call('RPUSH', 'list', '2');
    expect(await replies).toEqual([['list', '1'], 'later', ['list', '2'], 'last']);
  });

  it('is served after a whole transaction, and by what another waiting client moves', async () => {
    const { running, a, b } = await two();
    const c = await open(running);
    const moved = a.call('BLMOVE', 'from', 'to', 'LEFT', 'LEFT', '0');
    const taken = b.call('BLPOP', 'to', '0');
    await expect.poll(() => running.server.blocking.clients).toBe(2);
    await c.pipeline([['MULTI'], ['RPUSH', 'from', 'x'], ['LPOP', 'from'], ['RPUSH', 'from', 'y'], ['EXEC']]);
    expect(await moved).toBe('y');
    expect(await taken).toEqual(['to', 'y']);
  });

  it('does not wake for a key of another type', async () => {
    const { running, a, b } = await two();
    const waiting = a.call('BLPOP', 'k', '0');
    await expect.poll(() => running.server.blocking.clients).toBe(1);
    await b.pipeline([
      ['SADD', 'k', '1'],
      ['DEL', 'k'],
      ['RPUSH', 'k', 'x'],
    ]);
    expect(await waiting).toEqual(['k', 'x']);
  });

  it('writes what was really taken', async () => {
    const dir = await scratchDir();
    const { running, a, b } = await two({ appendonly: 'yes', dir });
    const waiting = a.call('BRPOP', 'k', '0');
    await expect.poll(() => running.server.blocking.clients).toBe(1);
    await b.call('RPUSH', 'k', 'x', 'y');
    await waiting;
    const text = readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof'), 'latin1');
    expect(text).toBe(
      [
        ['SELECT', '0'],
        ['RPUSH', 'k', 'x', 'y'],
        ['RPOP', 'k'],
      ]
        .map(encode)
        .join(''),
    );
  });
});

describe('pub/sub', () => {
  it('delivers to channels and patterns', async () => {
    const { a, b } = await two();
    a.write(encode(['SUBSCRIBE', 'one', 'two']) + encode(['PSUBSCRIBE', 'o*']));
    expect([await a.next(), await a.next(), await a.next()]).toEqual([
      ['subscribe', 'one', 1],
      ['subscribe', 'two', 2],
      ['psubscribe', 'o*', 3],
    ]);
    expect(await b.call('PUBLISH', 'one', 'hello')).toBe(2);
    expect([await a.next(), await a.next()]).toEqual([
      ['message', 'one', 'hello'],
      ['pmessage', 'o*', 'one', 'hello'],
    ]);
    expect(await b.call('PUBSUB', 'CHANNELS')).toEqual(['one', 'two']);
    expect(await b.call('PUBSUB', 'NUMSUB', 'one', 'x')).toEqual(['one', 1, 'x', 0]);
    expect(await b.call('PUBSUB', 'NUMPAT')).toBe(1);
    expect(await a.call('PING')).toEqual(['pong', '']);
    expect(await a.call('GET', 'x')).toHaveProperty('error');
    expect(await a.call('UNSUBSCRIBE', 'two')).toEqual(['unsubscribe', 'two', 2]);
    a.close();
    await expect.poll(() => b.call('PUBLISH', 'one', 'x')).toBe(0);
  });

  it('lets RESP3 clients go on, with messages in between', async () => {
    const { a } = await two();
    await a.call('HELLO', 3);
    expect(await a.call('SUBSCRIBE', 'me')).toEqual({ push: ['subscribe', 'me', 1] });
    a.write(encode(['SET', 'k', 'v']) + encode(['PUBLISH', 'me', 'x']) + encode(['GET', 'k']));
    expect([await a.next(), await a.next(), await a.next(), await a.next()]).toEqual([
      { status: 'OK' },
      { push: ['message', 'me', 'x'] },
      1,
      'v',
    ]);
  });
});

describe('SLOWLOG', () => {
  it('keeps what was slow, shortened', async () => {
    const { a } = await two({ 'slowlog-log-slower-than': '0', 'slowlog-max-len': '3' });
    await a.call('CLIENT', 'SETNAME', 'me');
    await a.call('SET', 'k', 'x'.repeat(200));
    await a.call('DEL', ...Array.from({ length: 40 }, (_, i) => `k${i}`));
    const [del, set] = (await a.call('SLOWLOG', 'GET', '2')) as unknown[][];
    expect(set).toEqual([
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
      ['SET', 'k', `${'x'.repeat(128)}... (72 more bytes)`],
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      'me',
    ]);
    expect(del![3]).toHaveLength(32);
    expect((del![3] as string[]).at(-1)).toBe('... (10 more arguments)');
    expect(await a.call('SLOWLOG', 'LEN')).toBe(3);
    await a.call('CONFIG', 'SET', 'slowlog-log-slower-than', '-1');
    await a.call('SLOWLOG', 'RESET');
    expect(await a.call('SLOWLOG', 'LEN')).toBe(0);
  });
});
