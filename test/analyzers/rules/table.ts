import { describe, expect, it } from 'vitest';
import type { Finding, Verdict } from '../../../src/core/finding.ts';
import { type Surroundings, type TraceLog, verdictOf } from '../../support/trace-log.ts';

/** What a rule is shown: a log, and what else was captured. */
export interface Shown extends Surroundings {
  readonly log?: TraceLog | string;
}
type Rows = Readonly<Record<string, () => Shown>>;

/** A rule's inputs in three tables: those that fire it, those that must not, and those that say too little. */
export function judges(
  id: string,
  tables: { readonly fires: Rows; readonly spares: Rows; readonly cannotTell: Rows },
): void {
  const rows = (table: Rows) => Object.entries(table);
  describe('fires on', () => {
    it.each(rows(tables.fires))('%s', (_, shown) => {
      const finding = findingOf(id, shown());
      expect(finding.id).toBe(id);
      expect(finding.evidence.length).toBeGreaterThan(0);
      for (const { text } of finding.evidence) expect(text).not.toBe('');
      expect(finding.confidence).toBeGreaterThan(0);
      expect(finding.confidence).toBeLessThanOrEqual(1);
      if (finding.share !== undefined) expect(finding.share).toBeLessThanOrEqual(1);
      for (const { value } of Object.values(finding.measures)) expect(Number.isFinite(value)).toBe(true);
      expect(`${finding.title} ${finding.why} ${finding.fix?.summary}`).not.toMatch(/NaN|undefined|Infinity/);
    });
  });
  describe('spares', () => {
    it.each(rows(tables.spares))('%s', (_, shown) => {
      const verdict = verdictFor(id, shown());
      expect(said(verdict)).toMatchObject({ kind: 'clear' });
    });
  });
  describe('cannot tell from', () => {
    it.each(rows(tables.cannotTell))('%s', (_, shown) => {
      expect(['insufficient', 'not-applicable']).toContain(verdictFor(id, shown()).kind);
    });
  });
}

/** What the rule answers by itself, where no other cause explains what it sees. */
export function verdictFor(id: string, { log, ...surroundings }: Shown): Verdict {
  let verdict = verdictOf(id, log, surroundings);
  while (verdict.kind === 'symptom') verdict = verdict.otherwise;
  return verdict;
}

export function findingOf(id: string, shown: Shown): Finding {
  const verdict = verdictFor(id, shown);
  if (verdict.kind !== 'finding') throw new Error(`${id} did not fire: ${verdict.kind}, ${verdict.because}`);
  return verdict.finding;
}

/** Shows in a failed assertion why it fired. */
function said(verdict: Verdict): { kind: string; because: string } {
  return verdict.kind === 'finding'
    ? { kind: 'finding', because: verdict.finding.why }
    : { kind: verdict.kind, because: verdict.because };
}

export const output = (probe: string, text: string): Surroundings => ({
  outputs: [{ probe, source: probe, text }],
});
