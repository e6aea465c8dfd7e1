import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RdbError } from '../../../src/kvserver/rdb/rdb-error.ts';
import { itNeeds } from '../../support/requirements.ts';
import { startRedisServer } from '../differential/redis-server.ts';
import { onCleanup, open, scratchDir, start } from '../harness.ts';
import { send } from '../persistence/data-set.ts';
import { randomKeys } from '../persistence/random-data.ts';
import { RawClient } from '../raw-client.ts';
import { bytes, emptyServer, file, fileWith, load, logged, text } from './rdb-text.ts';

/** A snapshot with keys of every type; its checksum is left out, so that damage reaches the reader. */
async function snapshotOf(save: (dir: string) => Promise<void>): Promise<Buffer> {
  const dir = await scratchDir();
  await save(dir);
  const content = readFileSync(join(dir, 'dump.rdb'));
  content.fill(0, content.length - 8);
  return content;
}

async function ourSnapshot(dir: string): Promise<void> {
  const c = await open(await start({ dir }));
  await send(c, randomKeys(3, 150));
  await c.call('SAVE');
}

async function theirSnapshot(dir: string): Promise<void> {
  const real = await startRedisServer(dir);
  onCleanup(real.stop);
  const c = await RawClient.open(real.port);
  onCleanup(() => c.close());
  await send(c, randomKeys(3, 150));
  await c.call('SAVE');
}

/** Loads it or says why not; nothing else may happen. @returns whether it was loaded */
function survives(content: Buffer): boolean {
  try {
    load(content);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(RdbError);
    return false;
  }
}

function damageInEveryWay(content: Buffer): void {
  let refused = 0;
  fc.assert(
    fc.property(fc.nat(content.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(content);
      damaged[at]! ^= change;
      if (!survives(damaged)) refused++;
    }),
    { numRuns: 600 },
  );
  // Most bytes are content, in which damage cannot be seen without the checksum.
  expect(refused).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.nat(content.length - 9), (length) => {
      expect(survives(content.subarray(0, length))).toBe(false);
    }),
    { numRuns: 200 },
  );
}

describe('a damaged snapshot', () => {
  it('of ours is loaded or refused, whatever byte is wrong or missing', async () => {
    damageInEveryWay(await snapshotOf(ourSnapshot));
  });

  itNeeds(['redis-server'], "of redis-server's, too, with its packed forms", async () => {
    damageInEveryWay(await snapshotOf(theirSnapshot));
  });

  it('is read the same in pieces as whole', async () => {
    const content = await snapshotOf(ourSnapshot);
    const whole = load(content);
    expect(load(content, emptyServer(), 7)).toMatchObject({ keys: whole.keys, expired: 0 });
  });

  it('is refused in words that say what is wrong', () => {
    const cases: readonly [Buffer, string][] = [
      [Buffer.from('RUBBISH00'), 'Wrong signature trying to load DB from file'],
      [file('', '0012'), "Can't handle RDB format version 0012"],
      [file('', 'xxxx'), "Can't handle RDB format version xxxx"],
      [file('', '0\n10'), "Can't handle RDB format version 0?10"],
      [Buffer.from('REDIS0010'), 'Unexpected EOF reading RDB file'],
      [fileWith(19, ''), 'a stream (RDB type 19), which this server does not have (under the key "key")'],
      [fileWith(7, ''), 'a module type'],
      [fileWith(99, ''), 'Unknown RDB encoding type 99'],
      [file(bytes(247)), 'data of a module'],
      [file(bytes(0xfe, 16)), 'more than 16 databases'],
      [fileWith(2, bytes(2, text('a'), text('a'))), 'Duplicate set members detected'],
      [fileWith(4, bytes(2, text('a'), text('1'), text('a'), text('2'))), 'Duplicate hash fields detected'],
      [fileWith(3, bytes(1, text('a'), 253)), 'NAN score'],
      [fileWith(0, bytes(0xc3, 1, 0x40, 100, 0)), 'Invalid LZF compressed string'],
      [fileWith(0, bytes(0x80, 0xff, 0xff, 0xff, 0xff)), 'Unexpected EOF'],
      [fileWith(11, text('short')), 'damaged intset'],
      [file(bytes(0, text('k'), text('1'), 0, text('k'), text('2'))), 'a key twice'],
    ];
    for (const [content, reason] of cases) expect(() => load(content)).toThrow(reason);
  });

  it('is noticed by its checksum', () => {
    const content = fileWith(0, text('v'));
    content.writeBigUInt64LE(1n, content.length - 8);
    expect(() => load(content)).toThrow(/^Wrong RDB checksum expected: \(1\) but got \([0-9a-f]+\)/);
  });

  it('does not let a server start, and the message names the file', async () => {
    const dir = await scratchDir();
    writeFileSync(join(dir, 'dump.rdb'), fileWith(15, ''));
    await expect(start({ dir })).rejects.toThrow(`cannot load ${join(dir, 'dump.rdb')}, byte`);
  });

  it('may hold functions, which are left out with a remark', async () => {
    logged.length = 0;
    const content = file(bytes(245, text('#!lua name=f'), 0, text('k'), text('v')));
    expect(load(content).keys).toBe(1);
    expect(logged.join()).toContain('function');
    const dir = await scratchDir();
    writeFileSync(join(dir, 'dump.rdb'), content);
    const lines: string[] = [];
    await start({ dir }, { log: (line) => lines.push(line) });
    expect(lines).toEqual([
      expect.stringContaining('a function library in the snapshot is left out'),
      expect.stringContaining('nothing to verify'),
      expect.stringMatching(/^snapshot loaded: 1 keys in /),
    ]);
  });
});
