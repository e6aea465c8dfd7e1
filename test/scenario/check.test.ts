import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../src/core/finding.ts';
import { checkPlay } from '../../src/scenario/check.ts';
import type { Expectations } from '../../src/scenario/expect.ts';
import { parseRange } from '../../src/scenario/range.ts';

const finding = (id: string, severity: Finding['severity'], more: Partial<Finding> = {}): Finding => ({
  ...{ id, severity, confidence: 0.9, title: id, why: '', measures: {}, evidence: [], ...more },
});
const reportOf = (findings: Finding[]): Report => ({
  ...{ schema: 'perfcase.report/1', perfcase: '0', target: {}, window: {}, summary: '', verdict: 'found' },
  ...{ path: [], findings, clients: [], endpoints: [] },
  ruledOut: [{ id: 'swapping', because: 'no swap is set up' }],
  notChecked: [{ id: 'cpu-steal', because: 'top did not say' }],
});
const NOTHING: Expectations = { found: [], allowed: [], notFound: [], numbers: {} };

function outcome(
  expected: Partial<Expectations>,
  findings: Finding[],
  phases: { id: string; seconds: number }[] = [],
) {
  const checks = checkPlay(
    { expect: { ...NOTHING, ...expected } },
    { report: reportOf(findings), phases, fsyncMs: 8 },
  );
  return checks.map(({ what, seen, ok }) => [what, seen, ok]);
}

describe('checkPlay', () => {
  it('a healthy server: no cause, hints apart', () => {
    expect(outcome({}, [finding('scan-small-count', 'info')])).toEqual([
      ['warnings and worse', 'no cause', true],
    ]);
    expect(outcome({}, [finding('slow-command', 'warning')])).toEqual([
      ['warnings and worse', 'slow-command', false],
    ]);
    expect(outcome({ allowed: ['slow-command'] }, [finding('slow-command', 'warning')])[0]![2]).toBe(true);
  });

  it('what was to be found, first, and what was not', () => {
    const findings = [finding('fsync-per-write', 'critical'), finding('n-plus-one-reads', 'info')];
    expect(
      outcome({ top: 'fsync-per-write', found: ['fsync-per-write', 'n-plus-one-reads'] }, findings),
    ).toEqual([
      ['first finding', 'fsync-per-write', true],
      ['fsync-per-write', 'found, critical', true],
      ['n-plus-one-reads', 'found, info', true],
      ['warnings and worse', 'no other cause', true],
    ]);
  });

  it('a cause that was missed, with the reason that the report gives', () => {
    expect(outcome({ top: 'swapping', found: ['swapping', 'cpu-steal', 'eviction'] }, [])).toEqual([
      ['first finding', 'nothing', false],
      ['swapping', 'ruled out: no swap is set up', false],
      ['cpu-steal', 'not checked: top did not say', false],
      ['eviction', 'no such rule', false],
      ['warnings and worse', 'no other cause', true],
    ]);
    expect(outcome({ notFound: ['swapping'] }, [finding('swapping', 'info')])[0]).toEqual([
      'swapping',
      'found, info',
      false,
    ]);
  });

  it('numbers of findings, phases and the disk', () => {
    const findings = [
      finding('fsync-per-write', 'warning', {
        share: 0.7,
        measures: { fsyncP50: { value: 7.6, unit: 'ms' } },
      }),
    ];
    const numbers = Object.fromEntries(
      (
        [
          ['fsync-per-write.share', '>=0.5'],
          ['fsync-per-write.fsyncP50', '6..10'],
          ['fsync-per-write.nothing', '>0'],
          ['everysec.seconds', '<0.1'],
          ['everysec.faster', '>=8'],
          ['symptom.faster', '>=8'],
          ['disk.fsyncMs', '8±1'],
          ['swapping.share', '>0'],
        ] as const
      ).map(([name, text]) => [name, parseRange(text)!]),
    );
    const phases = [
      { id: 'symptom', seconds: 1 },
      { id: 'everysec', seconds: 0.2 },
    ];
    expect(outcome({ found: ['fsync-per-write'], numbers }, findings, phases).slice(2)).toEqual([
      ['fsync-per-write.share', '0.7', true],
      ['fsync-per-write.fsyncP50', '7.6', true],
      ['fsync-per-write.nothing', 'not measured', false],
      ['everysec.seconds', '0.2', false],
      ['everysec.faster', '5', false],
      ['symptom.faster', 'not measured', false],
      ['disk.fsyncMs', '8', true],
      ['swapping.share', 'not measured', false],
    ]);
  });
});
