import { afterAll, expect, it } from 'vitest';
import { attackServer, attackTable } from '../support/hostile.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
afterAll(() => scene.close());

/** Short; `npm run hostile` does the same with 10,000 clients. */
it('perfcase kv survives garbage, broken requests, clients that stop, do not read or are too many', async () => {
  const attacks = await attackServer(scene, { fuzzed: 150, halfOpen: 100, connections: 500, seed: 1 });
  expect(attacks.length).toBe(6);
  expect(
    attacks.flatMap(({ harm }) => harm),
    attackTable(attacks),
  ).toEqual([]);
});
