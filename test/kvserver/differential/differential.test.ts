import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeNeeds } from '../../support/requirements.ts';
import { open, start } from '../harness.ts';
import { RawClient, type Reply } from '../raw-client.ts';
import { STEP, type Step } from './commands.ts';
import { startRedisServer } from './redis-server.ts';

/** PERFCASE_DIFFERENTIAL_RUNS=5000 for a long run. */
const RUNS = Number(process.env.PERFCASE_DIFFERENTIAL_RUNS ?? 300);

/** Sorts what may come in any order, however deep it lies. */
function sorted(reply: Reply): Reply {
  if (Array.isArray(reply)) return reply.map(sorted).sort(byText);
  if (reply === null || typeof reply !== 'object') return reply;
  if ('set' in reply) return { set: reply.set.map(sorted).sort(byText) };
  if (!('map' in reply)) return reply;
  const pairs: Reply[] = [];
  for (let i = 0; i < reply.map.length; i += 2) pairs.push(reply.map.slice(i, i + 2));
  return { map: pairs.sort(byText) };
}

function byText(a: Reply, b: Reply): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** EXEC may have run a command whose elements come in any order. */
function isUnordered(step: Step): boolean {
  return step.unordered === true || step.args[0] === 'EXEC';
}

async function run(client: RawClient, steps: readonly Step[], resp: 2 | 3): Promise<unknown[]> {
  // A sequence may have left any database selected and any directive changed.
  await client.pipeline([
    ['RESET'],
    ['HELLO', resp],
    ['CONFIG', 'SET', 'appendfsync', 'everysec', 'hz', '10', 'maxclients', '10000'],
    ['SELECT', 0],
    ['FLUSHALL'],
    ['CLIENT', 'SETNAME', ''],
  ]);
  const replies = await client.pipeline(steps.map((step) => [...step.args]));
  return replies.map((reply, i) => [steps[i]!.args, isUnordered(steps[i]!) ? sorted(reply) : reply]);
}

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
    const mine = await open(await start());
    const theirs = await RawClient.open(real.port);
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(STEP, { minLength: 1, maxLength: 40 }),
          fc.constantFrom(2 as const, 3 as const),
          async (steps, resp) => {
            expect(await run(mine, steps, resp)).toEqual(await run(theirs, steps, resp));
          },
        ),
        { numRuns: RUNS },
      );
    } finally {
      theirs.close();
    }
  });
});
