import { describe, expect, it } from 'vitest';
import { itNeeds } from '../../support/requirements.ts';
import { startRedisServer } from '../differential/redis-server.ts';
import { onCleanup, open, scratchDir, start } from '../harness.ts';
import { RawClient } from '../raw-client.ts';
import { differences, readDataSet, send } from './data-set.ts';
import { randomKeys } from './random-data.ts';

describe('DUMP and RESTORE', () => {
  it('bring a value back, with the expiry that is asked for', async () => {
    const c = await open(await start());
    await c.call('RPUSH', 'l', 'a', '1', 'x'.repeat(100));
    const payload = String(await c.call('DUMP', 'l'));
    expect(await c.call('RESTORE', 'l', 0, payload)).toEqual({
      error: 'BUSYKEY Target key name already exists.',
    });
    expect(await c.call('RESTORE', 'copy', 5000, payload)).toEqual({ status: 'OK' });
    expect(await c.call('LRANGE', 'copy', 0, -1)).toEqual(['a', '1', 'x'.repeat(100)]);
    expect(await c.call('PTTL', 'copy')).toBeGreaterThan(0);
    expect(await c.call('RESTORE', 'copy', 0, payload, 'REPLACE')).toEqual({ status: 'OK' });
    expect(await c.call('PTTL', 'copy')).toBe(-1);
    const later = Date.now() + 100_000;
    await c.call('RESTORE', 'copy', later, payload, 'REPLACE', 'ABSTTL');
    expect(await c.call('PEXPIRETIME', 'copy')).toBe(later);
    // A moment that has passed: what was there is gone, too.
    await c.call('RESTORE', 'copy', 1, payload, 'REPLACE', 'ABSTTL');
    expect(await c.call('EXISTS', 'copy')).toBe(0);
    expect(await c.call('DUMP', 'nothing')).toBeNull();
  });

  it('refuses what is damaged, as servers do', async () => {
    const c = await open(await start());
    await c.call('SET', 'k', 'value');
    const payload = String(await c.call('DUMP', 'k'));
    for (const bad of ['', 'x', `${payload.slice(0, 3)}?${payload.slice(4)}`, payload.slice(0, -1)]) {
      expect(await c.call('RESTORE', 'r', 0, bad)).toEqual({
        error: 'ERR DUMP payload version or checksum are wrong',
      });
    }
    // A stream without anything in it, its checksum left out.
    expect(await c.call('RESTORE', 'r', 0, `\x0f\0\x0a\0${'\0'.repeat(8)}`)).toEqual({
      error: 'ERR Bad data format',
    });
    expect(await c.call('RESTORE', 'r', -1, payload)).toEqual({
      error: 'ERR Invalid TTL value, must be >= 0',
    });
    expect(await c.call('RESTORE', 'r', 0, payload, 'FREQ', 256)).toHaveProperty('error');
    expect(await c.call('RESTORE', 'r', 0, payload, 'IDLETIME', 1, 'FREQ', 1)).toHaveProperty('error');
  });

  it('is written to the append-only file with the moment, not the span', async () => {
    const dir = await scratchDir();
    const first = await start({ appendonly: 'yes', dir });
    const c = await open(first);
    await c.call('SET', 'k', 'value');
    await c.call('RESTORE', 'copy', 100_000, String(await c.call('DUMP', 'k')));
    const moment = await c.call('PEXPIRETIME', 'copy');
    await first.close();
    const again = await open(await start({ appendonly: 'yes', dir }));
    expect(await again.call('PEXPIRETIME', 'copy')).toBe(moment);
  });

  itNeeds(['redis-server'], 'understands the payloads of redis-server, and the other way round', async () => {
    const real = await startRedisServer(await scratchDir());
    onCleanup(real.stop);
    const theirs = await RawClient.open(real.port);
    onCleanup(() => theirs.close());
    const ours = await open(await start());
    await send(theirs, randomKeys(11, 600));
    const back = await startRedisServer(await scratchDir());
    onCleanup(back.stop);
    const last = await RawClient.open(back.port);
    onCleanup(() => last.close());
    const all = await readDataSet(theirs);
    for (const [from, to] of [
      [theirs, ours],
      [ours, last],
    ] as const) {
      for (const name of all.keys()) {
        const slash = name.indexOf('/');
        const [db, key] = [name.slice(0, slash), name.slice(slash + 1)];
        const [, payload, moment] = await from.pipeline([
          ['SELECT', db],
          ['DUMP', key],
          ['PEXPIRETIME', key],
        ]);
        const restore = ['RESTORE', key, Math.max(0, Number(moment)), String(payload), 'ABSTTL'];
        expect(await to.pipeline([['SELECT', db], restore])).toEqual([{ status: 'OK' }, { status: 'OK' }]);
      }
    }
    expect(differences(await readDataSet(ours), all)).toEqual([]);
    expect(differences(await readDataSet(last), all)).toEqual([]);
  });
});
