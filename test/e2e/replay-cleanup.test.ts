import { describe, expect } from 'vitest';
import { type Blow, type Phase, strike } from '../support/lab-phases.ts';
import { itNeeds } from '../support/requirements.ts';

/** Every phase and every way to end; `npm run soak:lab` strikes each phase in each way. */
const CASES: readonly (readonly [Phase, string, Blow])[] = [
  ['disk creation', 'netns', 'crash'],
  ['server start', 'container', 'crash'],
  ['fill', 'netns', 'SIGKILL'],
  ['measure', 'container', 'SIGKILL'],
  ['diagnose', 'container', 'SIGINT'],
  ['fix', 'netns', 'SIGTERM'],
  ['teardown', 'container', 'crash'],
];

/** Side by side: each has a lab of its own, and they must not get into each other's way. */
describe.concurrent('a replay that is struck down', () => {
  for (const [phase, topology, blow] of CASES) {
    const needs = ['dist', 'ptrace', 'slow-disk', 'netns', ...(topology === 'container' ? ['podman'] : [])];
    itNeeds(needs, `leaves nothing: ${blow} in the phase "${phase}", ${topology}`, async () => {
      expect(await strike(phase, topology, blow)).toMatchObject({ left: [] });
    });
  }
});
