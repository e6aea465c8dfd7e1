import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeNeeds } from '../../support/requirements.ts';
import { open, start } from '../harness.ts';
import { RawClient } from '../raw-client.ts';
import { replies } from './compare.ts';
import { startRedisServer } from './redis-server.ts';
import { SEQUENCE } from './sequences.ts';

/** `npm run differential` for many. */
const RUNS = 150;

describeNeeds(['redis-server'], 'against redis-server', () => {
  let real: Awaited<ReturnType<typeof startRedisServer>>;
  const dir = mkdtempSync(join(tmpdir(), 'perfcase-real-'));
  beforeAll(async () => {
    real = await startRedisServer(dir);
  });
  afterAll(async () => {
    await real?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it(`answers ${RUNS} random sequences of commands as it does`, async () => {
    const mine = await open(await start({ save: '' }));
    const theirs = await RawClient.open(real.port);
    try {
      await fc.assert(
        fc.asyncProperty(SEQUENCE, async (sequence) => {
          expect(await replies(mine, sequence)).toEqual(await replies(theirs, sequence));
        }),
        { numRuns: RUNS },
      );
    } finally {
      theirs.close();
    }
  });
});
