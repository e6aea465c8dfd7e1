import { afterEach, expect, it } from 'vitest';
import { describeNeeds } from '../support/requirements.ts';
import { Scene } from '../support/scene.ts';
import { soak, soakTable } from '../support/soak.ts';

const scene = new Scene();
afterEach(() => scene.close());

/** `npm run soak` plays fifty; these few keep the promise checked at every change. */
const COUNT = 9;

describeNeeds(['dist', 'ptrace', 'redis-server'], 'diagnosing again and again', () => {
  it('leaves the server running and untraced, also when it is interrupted at a random moment', async () => {
    const seed = Date.now() % 1_000_000;
    process.stdout.write(`soak: seed ${seed}\n`);
    const rounds = await soak(scene, { count: COUNT, seed, windowSeconds: 2 });
    const harmed = rounds.filter(({ harm }) => harm.length > 0);
    expect(harmed, `seed ${seed}\n${soakTable(rounds)}`).toEqual([]);
    expect(rounds).toHaveLength(COUNT);
    expect(rounds.filter(({ blow }) => blow !== 'none')).toHaveLength(COUNT / 3);
  });
});
