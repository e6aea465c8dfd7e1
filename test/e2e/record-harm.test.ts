import { afterEach, expect, it } from 'vitest';
import { describeNeeds } from '../support/requirements.ts';
import { Scene } from '../support/scene.ts';
import { soakRecordings, soakTable } from '../support/soak-recordings.ts';

const scene = new Scene();
afterEach(() => scene.close());

/** `npm run soak:recordings` plays a hundred; these few keep the promise checked at every change. */
const COUNT = 6;

describeNeeds(
  ['dist', 'ptrace', 'redis-server'],
  'recording again and again, killed at a random moment',
  () => {
    it('leaves files that are readable or marked incomplete, and the server as it was', async () => {
      const seed = Date.now() % 1_000_000;
      process.stdout.write(`soak of recordings: seed ${seed}\n`);
      const rounds = await soakRecordings(scene, { count: COUNT, seed });
      const harmed = rounds.filter(({ harm }) => harm.length > 0);
      expect(harmed, `seed ${seed}\n${soakTable(rounds)}`).toEqual([]);
      expect(rounds).toHaveLength(COUNT);
    });
  },
);
