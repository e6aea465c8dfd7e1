import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/analyzers/engine.ts';
import { clear, found, insufficient, type Rule, symptom } from '../../src/analyzers/rule.ts';
import type { Finding, Verdict } from '../../src/core/finding.ts';
import { busyReader } from '../support/logs.ts';
import { factsOf } from '../support/trace-log.ts';

const finding = (id: string, over: Partial<Finding> = {}): Verdict =>
  found({
    ...{ id, severity: 'warning', confidence: 0.9, title: `Title of ${id}`, why: 'Why.', measures: {} },
    evidence: [{ source: 'strace', line: 1, text: 'line' }],
    ...over,
  });
const rule = (id: string, verdict: Verdict): Rule => ({ id, question: `${id}?`, check: () => verdict });
const reportOf = (verdicts: Record<string, Verdict>) =>
  diagnose(
    factsOf(busyReader()),
    {},
    Object.entries(verdicts).map(([id, verdict]) => rule(id, verdict)),
  );
const slowReads = (otherwise: Verdict) => symptom('syncs', 'each waited for the sync of a write', otherwise);

describe('a symptom', () => {
  it('is no finding beside its cause, which says what it explains', () => {
    const { findings, ruledOut } = reportOf({
      reads: slowReads(finding('reads')),
      syncs: finding('syncs'),
    });
    expect(findings).toMatchObject([
      { id: 'syncs', explains: [{ id: 'reads', because: 'each waited for the sync of a write' }] },
    ]);
    expect(ruledOut).toEqual([
      {
        id: 'reads',
        because: 'explained by syncs: each waited for the sync of a write',
        explainedBy: 'syncs',
      },
    ]);
  });

  it.each<[string, Record<string, Verdict>]>([
    ['is ruled out', { syncs: clear('none') }],
    ['could not be looked at', { syncs: insufficient('no calls') }],
    ['has no evidence', { syncs: finding('syncs', { evidence: [] }) }],
    ['is no rule', {}],
  ])('stands by itself where the cause %s', (_, others) => {
    const { findings } = reportOf({ reads: slowReads(finding('reads')), ...others });
    expect(findings).toMatchObject([{ id: 'reads' }]);
    expect(findings[0]).not.toHaveProperty('explains');
  });

  it('may come from one of several causes', () => {
    const verdict = slowReads(symptom('keys', 'each waited for KEYS', finding('reads')));
    expect(reportOf({ reads: verdict, syncs: clear('none'), keys: finding('keys') }).ruledOut).toContainEqual(
      expect.objectContaining({ id: 'reads', explainedBy: 'keys' }),
    );
    expect(reportOf({ reads: verdict, syncs: clear('none'), keys: clear('none') }).findings).toMatchObject([
      { id: 'reads' },
    ]);
  });

  it('of a symptom comes from the cause of both', () => {
    const { findings, ruledOut } = reportOf({
      queue: symptom('reads', 'the slow reads piled up', finding('queue')),
      reads: slowReads(finding('reads')),
      syncs: finding('syncs'),
    });
    expect(findings.map(({ id }) => id)).toEqual(['syncs']);
    expect(findings[0]!.explains!.map(({ id }) => id)).toEqual(['queue', 'reads']);
    expect(ruledOut.map(({ explainedBy }) => explainedBy)).toEqual(['syncs', 'syncs']);
  });

  it('of itself, or of its own symptom, is found once', () => {
    expect(reportOf({ a: symptom('a', 'so', finding('a')) }).findings).toMatchObject([{ id: 'a' }]);
    const circle = reportOf({
      a: symptom('b', 'so', finding('a')),
      b: symptom('a', 'so', finding('b')),
    });
    expect(circle.findings).toHaveLength(1);
    expect(circle.ruledOut).toHaveLength(1);
  });
});
