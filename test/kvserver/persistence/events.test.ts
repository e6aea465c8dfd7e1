import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { open, scratchDir, start } from '../harness.ts';

describe('the latency monitor', () => {
  it('sees every step of a rewrite and of a snapshot that takes long', async () => {
    // Whatever is measured has taken some milliseconds.
    let time = 0;
    const clock = {
      now: () => Date.now(),
      monotonic: () => {
        time += 3;
        return time;
      },
    };
    const dir = await scratchDir();
    const running = await start({ dir, appendonly: 'yes', 'latency-monitor-threshold': '1' }, { clock });
    const c = await open(running);
    await c.call('SET', 'a', '1');
    await c.call('LATENCY', 'RESET');
    await c.call('BGREWRITEAOF');
    await running.server.aof.idle();
    const events = async () => ((await c.call('LATENCY', 'LATEST')) as [string][]).map(([name]) => name);
    expect(await events()).toEqual(expect.arrayContaining(['fork', 'aof-fstat', 'aof-rename']));
    await c.call('LATENCY', 'RESET');
    mkdirSync(join(dir, 'dump.rdb'));
    writeFileSync(join(dir, 'dump.rdb', 'x'), '');
    await c.call('BGSAVE');
    await running.server.snapshots.idle();
    expect(await events()).toEqual(expect.arrayContaining(['fork', 'rdb-unlink-temp-file']));
  });
});
