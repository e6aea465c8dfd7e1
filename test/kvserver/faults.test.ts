import { describe, expect, it } from 'vitest';
import { FakeClock, open, start } from './harness.ts';
import type { RawClient } from './raw-client.ts';

async function section(client: RawClient): Promise<Record<string, string>> {
  const text = (await client.call('INFO', 'faults')) as string;
  const pairs = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(pairs.map((line) => line.split(/:(.*)/s).slice(0, 2)));
}

describe('faults on demand', () => {
  it('are all off at the start', async () => {
    expect(await section(await open(await start()))).toEqual({
      active_faults: '0',
      fault_slow_command: '',
      fault_rewrite_interval: '0',
      fault_mass_expiry: '0',
      fault_output_buffer: '0',
      sync_on_every_write: '0',
    });
  });

  it('show in INFO when they are on, also one that is an ordinary directive', async () => {
    const c = await open(await start({ appendonly: 'yes', appendfsync: 'always' }));
    await c.call('CONFIG', 'SET', 'fault-slow-command', 'GET 5', 'fault-mass-expiry', '30');
    expect(await section(c)).toMatchObject({
      active_faults: '2',
      fault_slow_command: 'get,5ms',
      fault_mass_expiry: '30',
      sync_on_every_write: '1',
    });
    await c.call('CONFIG', 'SET', 'fault-slow-command', '', 'fault-mass-expiry', '0');
    expect((await section(c)).active_faults).toBe('0');
    const wrong = await c.call('CONFIG', 'SET', 'fault-slow-command', 'GET soon');
    expect(JSON.stringify(wrong)).toContain('a command and milliseconds');
  });

  it('slow down the named command only', async () => {
    const c = await open(await start());
    await c.call('CONFIG', 'SET', 'fault-slow-command', 'sadd 40');
    await c.call('SET', 'a', '1');
    await c.call('SADD', 's', '1');
    const text = (await c.call('INFO', 'commandstats')) as string;
    const usec = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=1,usec=(\\d+)`).exec(text)![1]);
    expect(usec('sadd')).toBeGreaterThanOrEqual(40_000);
    expect(usec('sadd')).toBeGreaterThan(usec('set'));
  });

  it('let keys expire together', async () => {
    const clock = new FakeClock();
    const c = await open(await start({}, { clock }));
    await c.call('CONFIG', 'SET', 'fault-mass-expiry', '60');
    await c.pipeline([1, 7, 20].map((seconds) => ['SET', `key:${seconds}`, 'x', 'EX', seconds]));
    const moments = await c.pipeline([1, 7, 20].map((seconds) => ['PEXPIRETIME', `key:${seconds}`]));
    expect(new Set(moments).size).toBe(1);
    expect(Number(moments[0]) % 60_000).toBe(0);
    await c.call('CONFIG', 'SET', 'fault-mass-expiry', '0');
    await c.call('SET', 'other', 'x', 'EX', '7');
    expect(await c.call('PEXPIRETIME', 'other')).toBe(clock.time + 7000);
  });

  it('rewrite the append-only file again and again', async () => {
    const c = await open(await start({ appendonly: 'yes', hz: '100' }));
    const rewrites = async () =>
      Number(/aof_rewrites:(\d+)/.exec((await c.call('INFO', 'persistence')) as string)![1]);
    await c.call('CONFIG', 'SET', 'fault-rewrite-interval', '20');
    await expect.poll(rewrites, { timeout: 10_000 }).toBeGreaterThan(2);
    await c.call('CONFIG', 'SET', 'fault-rewrite-interval', '0');
  });
});
