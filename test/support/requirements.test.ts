import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { itNeeds, lacking } from './requirements.ts';

describe('requirements', () => {
  it('names only what is missing', () => {
    expect(lacking(['node', 'no-such-program-here'])).toEqual(['no-such-program-here']);
    expect(lacking([])).toEqual([]);
  });

  it('understands Python modules', () => {
    expect(lacking(['python:no_such_module_here'])).toEqual(["Python's module no_such_module_here"]);
  });

  itNeeds(['node'], 'runs a test whose needs are met', () => expect(process.version).toMatch(/^v/));

  for (const [ci, failed, skipped] of [
    ['', 0, 2],
    ['true', 2, 0],
  ] as const) {
    it(`${ci ? 'fails' : 'skips'} what cannot run ${ci ? 'in CI' : 'elsewhere, with the reason in its name'}`, async () => {
      const { stdout, stderr } = await execa(
        'npx',
        ['vitest', 'run', '--config', 'test/support/requirements.config.ts', '--reporter=json'],
        { env: { CI: ci, VITEST: undefined }, reject: false, timeout: 25_000 },
      );
      const summary = JSON.parse(stdout.slice(stdout.indexOf('{')));
      expect([summary.numFailedTests, summary.numPendingTests], stderr).toEqual([failed, skipped]);
      if (!ci) expect(stdout).toContain('(skipped: needs no-such-program-here)');
      else expect(stdout).toContain('nothing may be skipped');
    });
  }
});
