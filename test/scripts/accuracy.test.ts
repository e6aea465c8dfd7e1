import { describe, expect, it } from 'vitest';
import { judgePlay, type PlayedJson, type PlayResult } from '../../scripts/accuracy/play.ts';
import { accuracyTable, summaryOf } from '../../scripts/accuracy/table.ts';

const play = (id: string, more: Partial<PlayResult>): PlayResult => ({
  ...{ id, kind: 'fault', server: 'bundled', seed: 1, seconds: 8 },
  ...{ expected: [], found: [], missed: [], others: [], predictions: [], ...more },
});

const KEYS = { expected: ['keys-command'], expectedTop: 'keys-command' };
const RESULTS: readonly PlayResult[] = [
  play('keys', {
    ...{ ...KEYS, top: 'keys-command', found: ['keys-command'] },
    ofTheMachine: ['cpu-steal'],
    predictions: [{ phase: 'scan', metric: 'request seconds', predicted: 1.1, measured: 1 }],
  }),
  play('keys', { ...KEYS, seed: 2, top: 'slow-command', missed: ['keys-command'], others: ['slow-command'] }),
  play('keys', { ...KEYS, seed: 3, top: 'slow-command', found: ['keys-command'], others: ['slow-command'] }),
  play('keys', { seed: 4, failed: 'redis-server is not installed' }),
  play('both', {
    ...{ kind: 'pair', expected: ['a', 'b'], found: ['a', 'b'], top: 'b' },
    predictions: [{ phase: 'x', metric: 'request seconds', predicted: 0.5, measured: 1 }],
  }),
  play('idle', { kind: 'control' }),
  play('busy', { kind: 'control', top: 'a', others: ['a'] }),
];

describe('the table of npm run accuracy', () => {
  it('has a row for each entry: faults, pairs, then controls', () => {
    const rows = accuracyTable(RESULTS).split('\n').slice(2, 6);
    expect(rows).toEqual([
      '| keys | fault | 3 | 2 | 1 | 1 | keys-command | slow-command ×2 | 10 % | redis-server is not installed |',
      '| both | pair | 1 | 1 | 1 | 1 |  |  | 50 % |  |',
      '| busy | control | 1 |  |  | 0 |  | a |  |  |',
      '| idle | control | 1 |  |  | 1 |  |  |  |  |',
    ]);
  });

  it('sums up, and counts what could not be played as that', () => {
    expect(summaryOf(RESULTS)).toBe(
      [
        '- played: 1 faults in 3 plays, 1 pairs in 1 plays, 2 controls in 2 plays; 1 could not be played',
        '- top cause right: 2 of 4 (50 %)',
        '- exact set of causes: 2 of 4 (50 %)',
        '- healthy controls without an alarm: 1 of 2 (50 %)',
        '- of the machine itself, no alarm that is false: cpu-steal in 1 plays',
        '- median prediction error: 10 % over 2 fixes',
        '',
      ].join('\n'),
    );
  });

  it('says nothing where nothing was played', () => {
    expect(summaryOf([])).toContain('nothing was predicted');
  });
});

describe('a play', () => {
  const played = (findings: readonly { id: string; severity: string }[]): PlayedJson =>
    ({ kind: 'fault', predictions: [], report: { findings } }) as unknown as PlayedJson;

  it('tells apart what the machine itself has', () => {
    const judged = judgePlay(played([{ id: 'cpu-steal', severity: 'warning' }]), { found: [], allowed: [] });
    expect(judged).toMatchObject({ others: [], ofTheMachine: ['cpu-steal'] });
    expect(judged.top).toBeUndefined();
  });

  it('is judged by warnings and worse; what is expected may be a hint', () => {
    const findings = [
      { id: 'swapping', severity: 'critical' },
      { id: 'n-plus-one-reads', severity: 'info' },
      { id: 'memory-pressure', severity: 'warning' },
      { id: 'scan-small-count', severity: 'info' },
      { id: 'slow-command', severity: 'warning' },
    ];
    const expected = { found: ['n-plus-one-reads', 'eviction'], allowed: ['memory-pressure'] };
    expect(judgePlay(played(findings), expected)).toMatchObject({
      ...{ top: 'swapping', found: ['n-plus-one-reads'], missed: ['eviction'] },
      others: ['swapping', 'slow-command'],
    });
  });
});
