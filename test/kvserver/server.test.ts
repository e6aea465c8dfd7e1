import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { FakeClock, onCleanup, open, start } from './harness.ts';
import { encode } from './raw-client.ts';

describe('connections', () => {
  it('speak RESP2 until HELLO 3', async () => {
    const c = await open(await start());
    expect(await c.call('GET', 'none')).toBeNull();
    expect(await c.call('CONFIG', 'GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
    const hello = (await c.call('HELLO', '3')) as { map: unknown[] };
    expect(hello.map.slice(0, 6)).toEqual(['server', 'redis', 'version', '7.0.15', 'proto', 3]);
    expect(await c.call('CONFIG', 'GET', 'appendfsync')).toEqual({ map: ['appendfsync', 'everysec'] });
    expect(await c.call('SMEMBERS', 'none')).toEqual({ set: [] });
    expect(await c.call('INFO')).toHaveProperty('verbatim');
    expect(await c.call('HELLO', '4')).toEqual({ error: 'NOPROTO unsupported protocol version' });
  });

  it('run what is pipelined in order', async () => {
    const c = await open(await start());
    const commands = Array.from({ length: 5000 }, (_, i) => ['INCRBY', 'n', i]);
    const replies = await c.pipeline(commands);
    let sum = 0;
    expect(replies).toEqual(commands.map((_, i) => (sum += i)));
  });

  it('survive a request that comes byte by byte', async () => {
    const c = await open(await start());
    for (const byte of encode(['SET', 'k', 'value'])) {
      c.write(byte);
      await new Promise((settle) => setImmediate(settle));
    }
    expect(await c.next()).toEqual({ status: 'OK' });
  });

  it('end after a protocol error, which is said first', async () => {
    const c = await open(await start());
    c.write('*1\r\n$x\r\n');
    expect(await c.next()).toEqual({ error: 'ERR Protocol error: invalid bulk length' });
    await c.closed;
  });

  it('end after QUIT', async () => {
    const c = await open(await start());
    expect(await c.call('QUIT')).toEqual({ status: 'OK' });
    await c.closed;
  });

  it('need the password when there is one', async () => {
    const running = await start({ requirepass: 'secret' });
    const c = await open(running);
    expect(await c.call('GET', 'a')).toEqual({ error: 'NOAUTH Authentication required.' });
    expect(await c.call('AUTH', 'wrong')).toEqual({
      error: 'WRONGPASS invalid username-password pair or user is disabled.',
    });
    expect(await c.call('AUTH', 'default', 'secret')).toEqual({ status: 'OK' });
    expect(await c.call('GET', 'a')).toBeNull();
    const d = await open(running);
    expect(await d.call('HELLO', '3', 'AUTH', 'default', 'secret', 'SETNAME', 'me')).toHaveProperty('map');
    expect(await d.call('CLIENT', 'GETNAME')).toBe('me');
  });

  it('are limited in number', async () => {
    const running = await start({ maxclients: '2' });
    await open(running);
    const second = await open(running);
    await second.call('PING');
    const third = await open(running);
    expect(await third.next()).toEqual({ error: 'ERR max number of clients reached' });
    await third.closed;
  });

  it('can be listed, named and killed', async () => {
    const running = await start();
    const [a, b] = [await open(running), await open(running)];
    await a.call('CLIENT', 'SETNAME', 'alpha');
    const id = (await b.call('CLIENT', 'ID')) as number;
    expect(await a.call('CLIENT', 'LIST')).toMatch(
      /^id=\d+ addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ fd=\d+ name=alpha /,
    );
    expect(await a.call('CLIENT', 'KILL', 'ID', id)).toBe(1);
    await b.closed;
    expect(await a.call('CLIENT', 'KILL', '1.2.3.4:5')).toEqual({ error: 'ERR No such client' });
    expect(await a.call('CLIENT', 'SETNAME', 'a b')).toHaveProperty('error');
  });

  it('may ask for silence', async () => {
    const c = await open(await start());
    c.write(
      [
        ['CLIENT', 'REPLY', 'OFF'],
        ['PING'],
        ['CLIENT', 'REPLY', 'ON'],
        ['CLIENT', 'REPLY', 'SKIP'],
        ['PING'],
        ['ECHO', 'x'],
      ]
        .map(encode)
        .join(''),
    );
    expect([await c.next(), await c.next()]).toEqual([{ status: 'OK' }, 'x']);
  });

  it('work with ioredis', async () => {
    const running = await start();
    const redis = new Redis({ port: running.port, host: '127.0.0.1' });
    onCleanup(() => redis.disconnect());
    expect(await redis.set('a', '1')).toBe('OK');
    expect(await redis.mget('a', 'b')).toEqual(['1', null]);
    expect(await redis.config('GET', 'appendfsync')).toBeTruthy();
  });
});

describe('expiry', () => {
  it('is seen by every command at once', async () => {
    const clock = new FakeClock();
    const c = await open(await start({}, { clock }));
    await c.call('SET', 'k', 'v', 'PX', 100);
    clock.advance(99);
    expect(await c.call('PTTL', 'k')).toBe(1);
    clock.advance(1);
    expect(
      await c.pipeline([
        ['GET', 'k'],
        ['EXISTS', 'k'],
        ['TTL', 'k'],
        ['KEYS', '*'],
        ['SCAN', '0'],
      ]),
    ).toEqual([null, 0, -2, [], ['0', []]]);
  });

  it('also meets keys that nobody asks for', async () => {
    const clock = new FakeClock();
    const running = await start({ hz: '500' }, { clock });
    const c = await open(running);
    await c.pipeline(Array.from({ length: 500 }, (_, i) => ['SET', `k${i}`, 'v', 'PX', 100]));
    clock.advance(100);
    await expect.poll(() => running.server.keyspaces[0]!.size).toBe(0);
    expect(running.server.stats.expiredKeys).toBe(500);
  });
});

describe('CONFIG SET', () => {
  it('changes all or nothing', async () => {
    const c = await open(await start());
    expect(await c.call('CONFIG', 'SET', 'hz', '20', 'appendfsync', 'maybe')).toHaveProperty('error');
    expect(await c.call('CONFIG', 'GET', 'hz')).toEqual(['hz', '10']);
    expect(await c.call('CONFIG', 'SET', 'port', '1')).toEqual({
      error: "ERR CONFIG SET failed (possibly related to argument 'port') - can't set immutable config",
    });
    expect(await c.call('CONFIG', 'SET', 'nosuch', '1')).toEqual({
      error: "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'",
    });
  });
});

describe('INFO', () => {
  it('tells the server apart and counts commands', async () => {
    const c = await open(await start());
    await c.call('SET', 'a', '1');
    await c.call('SET', 'a');
    await c.call('INCR', 'a', 'b');
    await c.call('SADD', 'a', 'b');
    const info = (await c.call('INFO', 'everything')) as string;
    expect(info).toContain('server_name:perfcase');
    expect(info).toContain('loading:0');
    expect(info).toMatch(/cmdstat_set:calls=1,usec=\d+,usec_per_call=[\d.]+,rejected_calls=1,failed_calls=0/);
    expect(info).toMatch(/cmdstat_sadd:calls=1,.*failed_calls=1/);
    expect(info).toContain('errorstat_ERR:count=2');
    expect(info).toContain('errorstat_WRONGTYPE:count=1');
    expect(info).toContain('db0:keys=1,expires=0');
  });
});
