import { describe, expect, it } from 'vitest';
import { type CheckResult, checkTable, isAsWanted } from '../../scripts/plays/check-table.ts';

const play = (run: CheckResult['run'], code: number | null, said: readonly string[] = []): CheckResult => ({
  ...{ id: 'keys', server: 'redis', run, code, said },
});

describe('the table of npm run check:scenarios', () => {
  it('wants 0 with the fault, and 3 without it', () => {
    const wanted = [play(1, 0), play(1, 3), play('healthy', 3), play('healthy', 0), play(1, null)];
    expect(wanted.map(isAsWanted)).toEqual([true, false, true, false, false]);
  });

  it('has a row for each scenario and server, and says what was not as wanted', () => {
    const results = [
      play(1, 0),
      play(2, 3, ['first finding: expected keys-command, seen nothing']),
      play('healthy', 0),
      { ...play(1, 0), server: 'bundled' },
    ];
    expect(checkTable(results, 2)).toBe(
      [
        '| scenario | server | 1 | 2 | without fault |',
        '| --- | --- | --- | --- | --- |',
        '| keys | redis | 0 | **3** | **0** |',
        '| keys | bundled | 0 |  |  |',
        '',
        '2 of 4 plays ended as they must',
        '- keys on redis, run 2: 3; first finding: expected keys-command, seen nothing',
        '- keys on redis, without fault: 0; every expectation holds',
        '',
      ].join('\n'),
    );
  });
});
