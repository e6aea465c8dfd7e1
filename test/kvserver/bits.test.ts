import { describe, expect, it } from 'vitest';
import { open, start } from './harness.ts';

describe('bit commands', () => {
  it('BITOP of one string copies it, NOT turns it round', async () => {
    const c = await open(await start());
    await c.call('SET', 'a', '\x01\x02\xff');
    for (const name of ['AND', 'OR', 'XOR']) {
      expect(await c.call('BITOP', name, 'to', 'a')).toBe(3);
      expect(await c.call('GET', 'to')).toBe('\x01\x02\xff');
    }
    await c.call('BITOP', 'NOT', 'to', 'a');
    expect(await c.call('GET', 'to')).toBe('\xfe\xfd\x00');
  });

  it('BITFIELD SET of what is there already is no change', async () => {
    const c = await open(await start());
    const changes = async () => /rdb_changes_since_last_save:(\d+)/.exec(String(await c.call('INFO')))?.[1];
    await c.call('BITFIELD', 'k', 'SET', 'i5', '0', '3');
    const before = await changes();
    expect(before).toBe('1');
    await c.call('BITFIELD', 'k', 'SET', 'i5', '0', '3');
    expect(await changes()).toBe(before);
    await c.call('BITFIELD', 'k', 'SET', 'i5', '0', '2');
    expect(await changes()).toBe('2');
  });
});
