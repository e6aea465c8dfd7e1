import { describe, expect, it } from 'vitest';
import { open, start } from './harness.ts';

const OK = { status: 'OK' };
/** For what happens soon, on a busy machine. */
const PATIENT = { timeout: 10_000 };

describe('MONITOR', () => {
  it('shows what others send, but no passwords and no administration', async () => {
    const running = await start();
    const watcher = await open(running);
    const c = await open(running);
    expect(await watcher.call('MONITOR')).toEqual(OK);
    await c.pipeline([
      ['SET', 'a b', '"\n\xff'],
      ['AUTH', 'default', 'secret'],
      ['HELLO', '2', 'AUTH', 'default', 'secret'],
      ['CONFIG', 'GET', 'port'],
      ['GET', 'a'],
    ]);
    const seen = [];
    for (let i = 0; i < 4; i++) seen.push(((await watcher.next()) as { status: string }).status);
    expect(seen[0]).toMatch(/^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "a b" "\\"\\n\\xff"$/);
    expect(seen[1]).toContain('"AUTH" "(redacted)" "(redacted)"');
    expect(seen[2]).toContain('"HELLO" "2" "AUTH" "(redacted)" "(redacted)"');
    expect(seen[3]).toContain('"GET" "a"');
    expect(await c.call('CLIENT', 'LIST')).toContain('flags=O');
  });
});

describe('CLIENT PAUSE', () => {
  it('keeps writes until UNPAUSE and lets reads through', async () => {
    const running = await start();
    const c = await open(running);
    const writer = await open(running);
    expect(await c.call('CLIENT', 'PAUSE', '100000', 'WRITE')).toEqual(OK);
    const written = writer.call('SET', 'a', '1');
    await expect.poll(() => c.call('INFO', 'clients'), PATIENT).toContain('blocked_clients:1');
    expect(await c.call('GET', 'a')).toBeNull();
    expect(await c.call('CLIENT', 'UNPAUSE')).toEqual(OK);
    expect(await written).toEqual(OK);
    expect(await c.call('GET', 'a')).toBe('1');
  });

  it('keeps everything for its time, and ends by itself', async () => {
    const running = await start();
    const c = await open(running);
    await c.call('CLIENT', 'PAUSE', '50');
    expect(await c.pipeline([['PING'], ['SET', 'a', '1'], ['GET', 'a']])).toEqual([
      { status: 'PONG' },
      OK,
      '1',
    ]);
  });

  it('forgets who hangs up', async () => {
    const running = await start();
    const c = await open(running);
    const gone = await open(running);
    await c.call('CLIENT', 'PAUSE', '100000', 'WRITE');
    void gone.call('SET', 'a', '1').catch(() => undefined);
    await expect.poll(() => c.call('INFO', 'clients'), PATIENT).toContain('blocked_clients:1');
    gone.close();
    await expect.poll(() => c.call('INFO', 'clients'), PATIENT).toContain('blocked_clients:0');
    await c.call('CLIENT', 'UNPAUSE');
    expect(await c.call('EXISTS', 'a')).toBe(0);
  });
});

describe('the user', () => {
  it('is "default", and its password follows CONFIG SET and ACL SETUSER', async () => {
    const running = await start();
    const c = await open(running);
    await c.call('CONFIG', 'SET', 'requirepass', 'one');
    expect(await (await open(running)).call('PING')).toEqual({ error: 'NOAUTH Authentication required.' });
    expect(await c.call('ACL', 'LIST')).toEqual([
      expect.stringMatching(/^user default on #[0-9a-f]{64} ~\* &\* \+@all$/),
    ]);
    await c.call('ACL', 'SETUSER', 'default', '>two');
    const other = await open(running);
    expect(await other.call('AUTH', 'one')).toHaveProperty('error');
    expect(await other.call('AUTH', 'default', 'two')).toEqual(OK);
    await c.call('ACL', 'SETUSER', 'default', 'nopass');
    expect(await (await open(running)).call('ACL', 'WHOAMI')).toBe('default');
    expect(await c.call('ACL', 'SETUSER', 'other', 'on')).toHaveProperty('error');
    expect(await c.call('ACL', 'SETUSER', 'default', '-@all')).toHaveProperty('error');
  });
});

describe('DEBUG', () => {
  it('is only for those whom enable-debug-command lets in', async () => {
    const refused = await (await open(await start({ 'enable-debug-command': 'no' }))).call(
      'DEBUG',
      'SLEEP',
      '0',
    );
    expect(JSON.stringify(refused)).toContain('ERR DEBUG command not allowed.');
    expect(await (await open(await start())).call('DEBUG', 'SLEEP', '0')).toEqual(OK);
  });

  it('switches the background search for expired keys off and on', async () => {
    const c = await open(await start({ hz: '100' }));
    await c.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await c.call('SET', 'a', '1', 'PX', '1');
    await new Promise((settle) => setTimeout(settle, 60));
    expect(await c.call('DBSIZE')).toBe(1);
    await c.call('DEBUG', 'SET-ACTIVE-EXPIRE', '1');
    await expect.poll(() => c.call('DBSIZE'), PATIENT).toBe(0);
  });
});

describe('LATENCY HISTOGRAM and INFO latencystats', () => {
  it('count calls by the time they took', async () => {
    const c = await open(await start());
    await c.pipeline([
      ['SET', 'a', '1'],
      ['GET', 'a'],
      ['GET', 'a'],
      ['CLIENT', 'ID'],
    ]);
    const reply = (await c.call('LATENCY', 'HISTOGRAM', 'get', 'client', 'nosuch')) as [string, unknown[]][];
    expect(reply.filter((one) => typeof one === 'string')).toEqual(['get', 'client|id']);
    expect((reply[1] as unknown[]).slice(0, 2)).toEqual(['calls', 2]);
    expect(await c.call('INFO', 'latencystats')).toMatch(
      /latency_percentiles_usec_get:p50=\d+\.\d{3},p99=\d+\.\d{3},p99\.9=\d+\.\d{3}\r\n/,
    );
    await c.call('CONFIG', 'RESETSTAT');
    await c.call('CONFIG', 'SET', 'latency-tracking', 'no');
    await c.call('GET', 'a');
    expect(await c.call('LATENCY', 'HISTOGRAM', 'get')).toEqual([]);
  });
});

describe('INFO', () => {
  it('takes several sections, and everything', async () => {
    const c = await open(await start());
    const titles = async (...args: string[]) =>
      [...((await c.call('INFO', ...args)) as string).matchAll(/^# (\w+)/gm)].map((match) => match[1]);
    expect(await titles('cpu', 'server')).toEqual(['Server', 'CPU']);
    expect(await titles()).not.toContain('Commandstats');
    expect(await titles('default', 'commandstats')).toContain('Commandstats');
    expect(await titles('all')).not.toContain('Modules');
    expect(await titles('everything')).toEqual(
      expect.arrayContaining(
        ['Modules', 'Commandstats', 'Latencystats', 'Errorstats', 'Keyspace', 'Faults'].slice(0, 4),
      ),
    );
    expect(await titles('nosuch')).toEqual([]);
  });
});
