import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { configure } from '../../src/cli/commands/kv.ts';
import { REAL_DISK } from '../../src/kvserver/aof/disk.ts';
import { ByteQueue } from '../../src/kvserver/byte-queue.ts';
import { topCommand } from '../../src/kvserver/commands/registry.ts';
import { FakeClock, onCleanup, open, scratchDir, start } from './harness.ts';
import { encode, RawClient } from './raw-client.ts';

const TOO_LONG = { error: 'ERR string exceeds maximum allowed size (proto-max-bulk-len)' };
const OUT_OF_RANGE = { error: 'ERR value is out of range' };
const MB = 1024 ** 2;

async function logged(directives: Record<string, string> = {}, options: Parameters<typeof start>[1] = {}) {
  const log: string[] = [];
  const running = await start(directives, { ...options, log: (line) => log.push(line) });
  return { running, log, client: await open(running) };
}

describe('a string', () => {
  it('never gets longer than V8 can hold', async () => {
    const { client } = await logged({ 'proto-max-bulk-len': '2gb' });
    expect(await client.call('SETRANGE', 'a', 536_870_911, 'x')).toEqual(TOO_LONG);
    expect(await client.call('SETRANGE', 'a', 536_870_880, 'x')).toEqual(TOO_LONG);
    client.write('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$536870880\r\n');
    expect(await client.next()).toEqual({ error: 'ERR Protocol error: invalid bulk length' });
  });

  it('keeps within proto-max-bulk-len', async () => {
    const { client } = await logged({ 'proto-max-bulk-len': '1mb' });
    const part = 'x'.repeat(400_000);
    expect(await client.call('APPEND', 'a', part)).toBe(400_000);
    expect(await client.call('APPEND', 'a', part)).toBe(800_000);
    expect(await client.call('APPEND', 'a', part)).toEqual(TOO_LONG);
    expect(await client.call('STRLEN', 'a')).toBe(800_000);
  });
});

describe('replies that are not read', () => {
  it('end the connection at the limit, and no other', async () => {
    const { running, log, client } = await logged({ 'client-output-buffer-limit': 'normal 1mb 0 0' });
    await client.call('SET', 'big', 'x'.repeat(300_000));
    const deaf = await open(running);
    deaf.write(encode(['GET', 'big']).repeat(400));
    await deaf.closed;
    expect(log).toEqual([expect.stringMatching(/^client \d+ at 127.* closed: \d+ bytes of replies unread$/)]);
    expect(await client.call('STRLEN', 'big')).toBe(300_000);
  });

  it('too long for one string are an error', async () => {
    const { client } = await logged();
    await client.call('SET', 'big', 'x'.repeat(10 * MB));
    expect(await client.call('MGET', ...Array(100).fill('big'))).toEqual({
      error: 'ERR the reply is longer than this server can send',
    });
    expect(await client.call('PING')).toEqual({ status: 'PONG' });
  });

  it('end a subscription, at once or after the seconds of the soft limit', async () => {
    const clock = new FakeClock();
    const { running, log, client } = await logged(
      { 'client-output-buffer-limit': 'normal 0 0 0 pubsub 64mb 1kb 10' },
      { clock },
    );
    const publish = () => client.call('PUBLISH', 'c', 'x'.repeat(MB));
    const subscriptions = () => running.server.pubsub.listeners('channels', 'c');
    for (const limit of ['pubsub 64mb 1kb 10', 'pubsub 1mb 0 0']) {
      await client.call('CONFIG', 'SET', 'client-output-buffer-limit', limit);
      const deaf = await open(running);
      await deaf.call('SUBSCRIBE', 'c');
      deaf.pause();
      const before = log.length;
      // More than the kernel keeps.
      for (let i = 0; i < 20; i++) await publish();
      expect(log).toHaveLength(limit.includes('64mb') ? before : before + 1);
      clock.advance(10_001);
      await publish();
      await expect.poll(subscriptions).toBe(0);
      expect(log).toHaveLength(before + 1);
    }
    expect(await client.call('CONFIG', 'GET', 'client-output-buffer-limit')).toEqual([
      'client-output-buffer-limit',
      'normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 0 0',
    ]);
  });
});

describe('CONFIG SET client-output-buffer-limit', () => {
  it('refuses what is no limit', async () => {
    const { client } = await logged();
    for (const bad of ['normal 1mb 0', 'nobody 0 0 0', 'normal x 0 0', 'normal 0 0 -1']) {
      expect(await client.call('CONFIG', 'SET', 'client-output-buffer-limit', bad)).toHaveProperty('error');
    }
  });
});

describe('random draws', () => {
  it('are refused when they could not be sent', async () => {
    const { client } = await logged({ 'client-output-buffer-limit': 'normal 1mb 0 0' });
    await client.pipeline([
      ['SADD', 's', 'a'],
      ['HSET', 'h', 'f', 'v'],
      ['ZADD', 'z', '1', 'm'],
    ]);
    for (const count of [-500_000_000, -160_000]) {
      expect(await client.call('SRANDMEMBER', 's', count)).toEqual(OUT_OF_RANGE);
      expect(await client.call('HRANDFIELD', 'h', count, 'WITHVALUES')).toEqual(OUT_OF_RANGE);
      expect(await client.call('ZRANDMEMBER', 'z', count, 'WITHSCORES')).toEqual(OUT_OF_RANGE);
    }
    expect(await client.call('SRANDMEMBER', 's', -9000)).toEqual(Array(9000).fill('a'));
    expect(await client.call('HRANDFIELD', 'h', -2, 'WITHVALUES')).toEqual(['f', 'v', 'f', 'v']);
    expect(await client.call('ZRANDMEMBER', 'z', -2, 'WITHSCORES')).toEqual(['m', '1', 'm', '1']);
    await client.call('HELLO', '3');
    expect(await client.call('HRANDFIELD', 'h', 5, 'WITHVALUES')).toEqual([['f', 'v']]);
    expect(await client.call('ZRANDMEMBER', 'z', 5, 'WITHSCORES')).toEqual([['m', { double: '1' }]]);
  });
});

describe('a defect', () => {
  it('in a command is answered and said in one line', async () => {
    const { client, log } = await logged();
    const spec = topCommand('echo') as { run: unknown };
    const { run } = spec;
    onCleanup(() => {
      spec.run = run;
    });
    // Resolved commands are kept, so the name must be new.
    spec.run = () => {
      throw new TypeError('oops\nsecond line');
    };
    expect(await client.call('EcHo', 'x')).toEqual({ error: 'ERR internal error' });
    expect(log).toEqual(['internal error in echo: TypeError: oops']);
    expect(await client.call('PING')).toEqual({ status: 'PONG' });
  });

  it('in background work is said once, and the work goes on', async () => {
    const { running, client, log } = await logged({ hz: '500' });
    let rounds = 0;
    running.server.aof.flush = () => {
      rounds++;
      throw new Error('oops');
    };
    await expect.poll(() => rounds).toBeGreaterThan(3);
    Reflect.deleteProperty(running.server.aof, 'flush');
    expect(log).toEqual(['internal error in background work: Error: oops']);
    expect(await client.call('PING')).toEqual({ status: 'PONG' });
  });
});

describe('BGREWRITEAOF', () => {
  it('makes everything anew when the folder was removed', async () => {
    const dir = await scratchDir();
    const { running, client } = await logged({ dir, appendonly: 'yes' });
    await client.call('SET', 'k', 'v');
    rmSync(join(dir, 'appendonlydir'), { recursive: true });
    expect(await client.call('BGREWRITEAOF')).toHaveProperty('status');
    await running.server.aof.idle();
    await running.close();
    const again = await logged({ dir, appendonly: 'yes' });
    expect(await again.client.call('GET', 'k')).toBe('v');
  });

  it('says why it cannot begin, and the old files go on', async () => {
    const dir = await scratchDir();
    const { running, client, log } = await logged({ dir, appendonly: 'yes' });
    const manifest = join(dir, 'appendonlydir', 'appendonly.aof.manifest.tmp');
    mkdirSync(manifest);
    expect(await client.call('BGREWRITEAOF')).toEqual({ error: expect.stringContaining('EISDIR') });
    expect(log).toHaveLength(1);
    await client.call('SET', 'k', 'v');
    expect(readdirSync(join(dir, 'appendonlydir'))).not.toContain('appendonly.aof.2.incr.aof');
    rmSync(manifest, { recursive: true });
    await running.close();
    const again = await logged({ dir, appendonly: 'yes' });
    expect(await again.client.call('GET', 'k')).toBe('v');
  });
});

describe('a start that fails', () => {
  const AOF = { appendonly: 'yes' };

  it('is the fault of the place when that cannot be used', async () => {
    const dir = await scratchDir();
    writeFileSync(join(dir, 'appendonlydir'), '');
    await expect(start({ ...AOF, dir })).rejects.toMatchObject({ name: 'FatalError', kind: 'usage' });
    rmSync(join(dir, 'appendonlydir'));
    await (await start({ ...AOF, dir })).close();
    const increment = join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof');
    writeFileSync(increment, encode(['SET', 'a']));
    await expect(start({ ...AOF, dir })).rejects.toThrow("wrong number of arguments for 'set' command");
    rmSync(increment);
    mkdirSync(increment);
    await expect(start({ ...AOF, dir })).rejects.toMatchObject({
      kind: 'usage',
      message: `${increment} is a directory, not a part of the append-only file`,
    });
  });

  it.each([
    ['EROFS', 'usage'],
    ['EACCES', 'usage'],
    ['ENOSPC', 'failure'],
  ])('says so on %s', async (code, kind) => {
    const disk = {
      ...REAL_DISK,
      open(): number {
        throw Object.assign(new Error(`${code}: said the disk`), { code });
      },
    };
    await expect(start(AOF, { disk })).rejects.toMatchObject({ name: 'FatalError', kind });
  });
});

describe('perfcase kv', () => {
  it('goes on when the reader of its output has gone', async () => {
    const abort = new AbortController();
    let said = '';
    const stdout = {
      write: (text: string) => {
        said += text;
      },
    };
    const command = new Command();
    configure(command, {
      stdout: stdout as never,
      stderr: stdout as never,
      env: {},
      signal: abort.signal,
      exitCode: 0,
    });
    const ended = command.parseAsync(['--port', '0', '--bind', '127.0.0.1'], { from: 'user' });
    await expect.poll(() => said).toContain('ready');
    const client = await RawClient.open(Number(/:(\d+) \(pid/.exec(said)![1]));
    abort.abort('EPIPE');
    expect(await client.call('PING')).toEqual({ status: 'PONG' });
    client.write(encode(['SHUTDOWN']));
    await ended;
  });
});

describe('a queue of bytes', () => {
  it('gives back what was added, in few chunks', () => {
    const queue = new ByteQueue();
    const big = 'x'.repeat(10 * MB);
    for (const text of ['ab', big, big, 'cd']) queue.add(text);
    expect(queue.length).toBe(20 * MB + 4);
    expect(queue.chunks().length).toBe(2);
    expect(queue.chunks().join('') === `ab${big}${big}cd`).toBe(true);
    queue.clear();
    expect(queue.chunks()).toEqual([]);
    expect(queue.length).toBe(0);
  });
});
