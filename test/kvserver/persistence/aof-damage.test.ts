import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FatalError } from '../../../src/kvserver/fatal-error.ts';
import { loadAppendOnlyFile } from '../../../src/kvserver/load.ts';
import { open, scratchDir, start } from '../harness.ts';
import { emptyServer } from '../rdb/rdb-text.ts';
import { send } from './data-set.ts';
import { randomKeys } from './random-data.ts';

const FOLDER = 'appendonlydir';
const BASE = join(FOLDER, 'appendonly.aof.2.base.rdb');
const INCREMENT = join(FOLDER, 'appendonly.aof.2.incr.aof');
const MANIFEST = join(FOLDER, 'appendonly.aof.manifest');

async function written(): Promise<string> {
  const dir = await scratchDir();
  const running = await start({ dir, appendonly: 'yes' });
  const c = await open(running);
  await send(c, randomKeys(21, 30));
  await c.call('BGREWRITEAOF');
  await running.server.aof.idle();
  await send(c, randomKeys(22, 60, 30));
  await c.pipeline([['MULTI'], ['SET', 'a', 1], ['SET', 'b', 2], ['EXEC']]);
  await running.close();
  return dir;
}

/** Loads it or says why not; nothing else may happen. @returns what was said, or nothing when it was loaded */
function load(dir: string): string | undefined {
  try {
    loadAppendOnlyFile(emptyServer({ dir, appendonly: 'yes' }));
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(FatalError);
    const { message } = error as FatalError;
    expect(message).not.toContain('\n');
    return message;
  }
}

describe('a damaged append-only file', () => {
  it.each([BASE, INCREMENT, MANIFEST])(
    '%s is loaded or refused in one line, whatever byte is wrong',
    async (name) => {
      const dir = await written();
      const file = join(dir, name);
      const content = readFileSync(file);
      const refusals = new Set<string>();
      fc.assert(
        fc.property(fc.nat(content.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const damaged = Buffer.from(content);
          damaged[at]! ^= change;
          writeFileSync(file, damaged);
          const refusal = load(dir);
          if (refusal !== undefined) refusals.add(refusal);
        }),
        { numRuns: 250 },
      );
      expect(refusals.size).toBeGreaterThan(0);
    },
  );

  it('that lacks a file, or has rubbish in it, says which', async () => {
    const dir = await written();
    const increment = readFileSync(join(dir, INCREMENT));
    rmSync(join(dir, INCREMENT));
    expect(load(dir)).toContain(`${join(dir, INCREMENT)} is named in the manifest but does not exist`);
    writeFileSync(join(dir, INCREMENT), Buffer.concat([increment, Buffer.from('rubbish\r\n')]));
    expect(load(dir)).toMatch(/^Bad file format reading the append only file .*incr\.aof at byte \d+/);
    writeFileSync(join(dir, INCREMENT), increment);
    expect(load(dir)).toBeUndefined();
    writeFileSync(join(dir, MANIFEST), 'file x seq one type b\n');
    expect(load(dir)).toContain('manifest line 1 is no file entry');
    expect(existsSync(join(dir, BASE))).toBe(true);
  });
});
