import { describe, expect, it } from 'vitest';
import { judge, renderTable, succeeded } from '../../scripts/suites/report.ts';
import { readOutput, type UnitResult } from '../../scripts/suites/unit.ts';

const OUTPUT = `Starting test server at port 21079
[ready]: 4711
Testing unit/type/list
\x1b[0;33;49m[skip]\x1b[0m: about scripts
[\x1b[0;32;49mok\x1b[0m]: LPOS basic usage (1 ms)
[\x1b[0;31;49merr\x1b[0m]: LMOVE moves in tests/unit/type/list.tcl
Expected 'a' to be equal to 'b' (context: line 3)
    while executing
[ignore]: Not supported on external server
[ok]: name with (12 ms) in it (3 ms)
[1/1 done]: unit/type/list (2 seconds)

                   The End

*** [err]: LMOVE moves in tests/unit/type/list.tcl
Expected 'a' to be equal to 'b' (context: line 3)
`;

function result(brokenOff?: string): UnitResult {
  return { unit: 'unit/type/list', tests: readOutput(OUTPUT), seconds: 2, brokenOff };
}

const KNOWN = [{ unit: 'unit/type/list', test: 'LMOVE moves', reason: 'because' }];

describe("the test suite's output", () => {
  it('is read test by test, with what was said of a failure', () => {
    const said = "Expected 'a' to be equal to 'b' (context: line 3)\n    while executing";
    expect(readOutput(OUTPUT)).toEqual([
      { name: 'about scripts', outcome: 'skipped', detail: '' },
      { name: 'LPOS basic usage', outcome: 'passed', detail: '' },
      { name: 'LMOVE moves', outcome: 'failed', detail: said },
      { name: 'Not supported on external server', outcome: 'skipped', detail: '' },
      { name: 'name with (12 ms) in it', outcome: 'passed', detail: '' },
    ]);
  });

  it('succeeds only when every failure is explained', () => {
    expect(succeeded(judge(result(), [], []))).toBe(false);
    const explained = judge(result(), KNOWN, ['about scripts']);
    expect(explained).toMatchObject({ passed: 2, skipped: 2, unexplained: [] });
    expect(succeeded(explained)).toBe(true);
    expect(renderTable([explained])).toContain('stands: because');
    expect(succeeded(judge(result('stuck'), KNOWN, []))).toBe(false);
    expect(succeeded(judge({ ...result(), tests: [] }, [], []))).toBe(false);
  });

  it('fails for entries of the lists that are not true any more', () => {
    const passes = [...KNOWN, { unit: 'unit/type/list', test: 'LPOS basic usage', reason: 'old' }];
    expect(judge(result(), passes, []).unexplained.map((test) => test.name)).toEqual(['LPOS basic usage']);
    expect(judge(result(), KNOWN, ['gone']).unexplained.map((test) => test.name)).toEqual(['gone']);
  });
});
