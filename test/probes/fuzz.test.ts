import { describe, expect, it } from 'vitest';
import { fuzzCase } from '../../scripts/fuzz/case.ts';
import { TARGETS } from '../../scripts/fuzz/targets.ts';

/** A sample of what `npm run fuzz` does. */
const CASES = 2500;
const SEED = 1;

describe('damaged outputs', () => {
  it('are read without a crash, and problems name lines of the text', async () => {
    const seen = new Set<string>();
    let withProblems = 0;
    for (let index = 0; index < CASES; index++) {
      const { target, problems, defect } = await fuzzCase(SEED, index);
      expect(defect, `case ${index}, ${target.name}`).toBeUndefined();
      seen.add(target.name);
      if (problems > 0) withProblems++;
    }
    expect(seen.size).toBe(TARGETS.length);
    expect(withProblems).toBeGreaterThan(CASES / 10);
  }, 120_000);
});
