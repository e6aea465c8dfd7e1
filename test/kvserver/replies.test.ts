import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { open, start } from './harness.ts';

describe('CLIENT REPLY', () => {
  it('SKIP leaves out one reply, ON ends it at once', async () => {
    const c = await open(await start());
    c.write('CLIENT REPLY SKIP\r\nPING left\r\nPING one\r\n');
    expect(await c.next()).toBe('one');
    c.write('CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING left\r\nPING two\r\n');
    expect(await c.next()).toBe('two');
    c.write('CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING three\r\n');
    expect(await c.next()).toEqual({ status: 'OK' });
    expect(await c.next()).toBe('three');
  });

  it('OFF lets SKIP change nothing, and ends with ON', async () => {
    const c = await open(await start());
    c.write(
      'CLIENT REPLY OFF\r\nPING a\r\nCLIENT REPLY SKIP\r\nPING b\r\nPING c\r\nCLIENT REPLY ON\r\nPING d\r\n',
    );
    expect(await c.next()).toEqual({ status: 'OK' });
    expect(await c.next()).toBe('d');
  });

  it('OFF keeps what is said of subscriptions, and messages', async () => {
    const running = await start();
    const [c, other] = [await open(running), await open(running)];
    c.write('CLIENT REPLY OFF\r\nSUBSCRIBE news\r\n');
    expect(await c.next()).toEqual(['subscribe', 'news', 1]);
    expect(await other.call('PUBLISH', 'news', 'x')).toBe(1);
    expect(await c.next()).toEqual(['message', 'news', 'x']);
    c.write('UNSUBSCRIBE\r\n');
    expect(await c.next()).toEqual(['unsubscribe', 'news', 0]);
  });
});

describe('a connection', () => {
  it('is closed both ways after a protocol error, also when the client goes on sending', async () => {
    const { port } = await start();
    const socket = connect({ port, host: '127.0.0.1' });
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1');
    });
    // The reset, when it comes before the last write.
    socket.on('error', () => {});
    const closed = new Promise((settle) => socket.once('close', settle));
    const sending = setInterval(() => socket.write('payload without a line end '.repeat(1000)), 1);
    await closed;
    clearInterval(sending);
    expect(said).toBe('-ERR Protocol error: too big inline request\r\n');
  });

  it('shows the bytes of the request that runs', async () => {
    const c = await open(await start());
    c.write('*2\r\n$6\r\nclient\r\n$4\r\ninfo\r\n');
    expect(await c.next()).toMatch(/ qbuf=26 /);
  });
});

describe('shard channels', () => {
  it('are a name space of their own, and no pattern matches them', async () => {
    const running = await start();
    const [c, other] = [await open(running), await open(running)];
    expect(await c.call('SSUBSCRIBE', 'news')).toEqual(['ssubscribe', 'news', 1]);
    expect(await c.call('PSUBSCRIBE', '*')).toEqual(['psubscribe', '*', 1]);
    expect(await other.call('SPUBLISH', 'news', 'x')).toBe(1);
    expect(await c.next()).toEqual(['smessage', 'news', 'x']);
    expect(await other.call('PUBLISH', 'news', 'y')).toBe(1);
    expect(await c.next()).toEqual(['pmessage', '*', 'news', 'y']);
    expect(await other.call('PUBSUB', 'SHARDCHANNELS')).toEqual(['news']);
    expect(await other.call('PUBSUB', 'SHARDNUMSUB', 'news', 'none')).toEqual(['news', 1, 'none', 0]);
    expect(await other.call('PUBSUB', 'CHANNELS')).toEqual([]);
    expect(await other.call('CLIENT', 'LIST')).toContain(' psub=1 ssub=1 ');
    expect(await c.call('SUNSUBSCRIBE')).toEqual(['sunsubscribe', 'news', 0]);
    expect(await other.call('SPUBLISH', 'news', 'z')).toBe(0);
  });
});
