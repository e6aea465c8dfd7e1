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

const RUNS = Number(process.env.PERFCASE_DIFFERENTIAL_RUNS ?? 100);
const END = '__key-end__:';

/** A client that sends commands, and one that hears what they do to keys. */
interface Pair {
  readonly sender: RawClient;
  readonly listener: RawClient;
}

async function listen(listener: RawClient): Promise<void> {
  await listener.call('PSUBSCRIBE', '__key*__:*');
}

/** Runs the steps. @returns the events in their order, each as channel and message */
async function events({ sender, listener }: Pair, steps: readonly Step[]): Promise<Reply[]> {
  // A key that has expired meanwhile is told of late; that belongs to the sequence before.
  await sender.pipeline([['RESET'], ['CONFIG', 'SET', 'notify-keyspace-events', ''], ['FLUSHALL']]);
  await heardUntilEnd({ sender, listener });
  await sender.call('CONFIG', 'SET', 'notify-keyspace-events', 'AKEn');
  await sender.pipeline(steps.map((step) => [...step.args]));
  await sender.call('RESET');
  return heardUntilEnd({ sender, listener });
}

async function heardUntilEnd({ sender, listener }: Pair): Promise<Reply[]> {
  await sender.call('PUBLISH', END, '');
  const heard: Reply[] = [];
  for (;;) {
    const message = (await listener.next()) as Reply[];
    if (message[2] === END) return heard;
    heard.push(message.slice(2));
  }
}

describeNeeds(['redis-server'], 'keyspace notifications', () => {
  let real: Awaited<ReturnType<typeof startRedisServer>>;
  const dir = mkdtempSync(join(tmpdir(), 'perfcase-real-'));
  beforeAll(async () => {
    real = await startRedisServer(dir);
  });
  afterAll(async () => {
    await real?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it(`are those of redis-server over ${RUNS} random sequences of commands`, async () => {
    const running = await start();
    const mine = { sender: await open(running), listener: await open(running) };
    const theirs = { sender: await RawClient.open(real.port), listener: await RawClient.open(real.port) };
    try {
      await listen(mine.listener);
      await listen(theirs.listener);
      await fc.assert(
        fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 40 }), async (steps) => {
          expect(await events(mine, steps)).toEqual(await events(theirs, steps));
        }),
        { numRuns: RUNS },
      );
    } finally {
      theirs.sender.close();
      theirs.listener.close();
    }
  });
});
