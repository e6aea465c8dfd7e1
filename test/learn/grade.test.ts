import { describe, expect, it } from 'vitest';
import { gradeOf } from '../../src/learn/grade.ts';
import type { Step } from '../../src/learn/learning.ts';
import { loadLesson } from '../../src/learn/lessons.ts';

const lesson = await loadLesson('redis-slow');
const note = (fact: string, says = fact): Step => ({ kind: 'note', look: 'x', line: 'a line', says, fact });
const misread: Step = { kind: 'note', look: 'x', line: 'a line', says: 'something else' };
const fix = (id: string, expected: number, after: number, isExplained = true): Step => ({
  ...{ kind: 'fix', fix: id, expected, before: 10, after, explanation: 'because', isExplained },
});
const stated = (hypothesis: string, test: string): Step => ({
  kind: 'hypothesis',
  hypothesis,
  notes: [],
  test,
});
const judged = (hypothesis: string, verdict: 'stands' | 'refuted', ...notes: number[]): Step => ({
  ...{ kind: 'judgement', hypothesis, verdict, notes },
});
const part = (steps: readonly Step[], name: string) =>
  gradeOf(lesson, steps).parts.find((each) => each.name === name)!;

/** Notes 1 to 10, in the order of the facts. */
const ALL_NOTES = lesson.facts.map(({ id }) => note(id));
const PERFECT: readonly Step[] = [
  ...ALL_NOTES,
  stated('sync', 'no-sync'),
  judged('sync', 'stands', 5),
  stated('scratch', 'no-write-command'),
  judged('scratch', 'stands', 6),
  fix('everysec', 1, 0.9),
  fix('rewritten', 0.2, 0.16),
];

describe('the grade', () => {
  it('is full for a path that looked first, proved, and foresaw', () => {
    const grade = gradeOf(lesson, PERFECT);
    expect(grade.points).toBe(100);
    expect(grade.mark).toBe('A');
  });

  it('is nothing for a sheet without steps', () => {
    expect(gradeOf(lesson, []).points).toBe(0);
    expect(gradeOf(lesson, []).mark).toBe('E');
  });

  it('takes two points for a hint, and no more than ten', () => {
    const hint: Step = { kind: 'hint', until: 'sync' };
    expect(gradeOf(lesson, [...PERFECT, hint]).points).toBe(98);
    expect(gradeOf(lesson, [...PERFECT, ...Array.from({ length: 9 }, () => hint)]).points).toBe(90);
  });

  it('counts a look at the machine only before the first hypothesis', () => {
    const late = [stated('sync', 'no-sync'), ...ALL_NOTES];
    expect(part(late, 'Looking before judging').points).toBe(0);
    expect(part(PERFECT, 'Looking before judging').points).toBe(15);
  });

  it('takes from the evidence what was read wrongly', () => {
    const careless = [...PERFECT, misread, misread, misread];
    expect(part(careless, 'Evidence').points).toBeLessThan(part(PERFECT, 'Evidence').points);
    expect(part(careless, 'Evidence').because).toContain('3 lines read wrongly');
  });

  it('does not take a cause that stands on nothing', () => {
    const guessed = [...ALL_NOTES, stated('sync', 'no-sync'), judged('sync', 'stands')];
    expect(part(guessed, 'Causes').because).toMatch(/^0 of 2/);
  });

  it('takes a wrong hypothesis well when a line refutes it, and ill when it stays', () => {
    const refuted = [...ALL_NOTES, stated('cpu', 'cpu-has-time'), judged('cpu', 'refuted', 1)];
    const kept = [...ALL_NOTES, stated('cpu', 'cpu-has-time'), judged('cpu', 'stands', 1)];
    expect(part(refuted, 'Refutation').points).toBe(15);
    expect(part(kept, 'Refutation').points).toBeLessThan(15);
    expect(part(kept, 'Causes').because).toContain('against the evidence');
    const byNothing = [...ALL_NOTES, stated('cpu', 'cpu-has-time'), judged('cpu', 'refuted', 7)];
    expect(part(byNothing, 'Refutation').points).toBeLessThan(15);
  });

  it('takes a fix without proof for trying', () => {
    expect(part([fix('everysec', 1, 0.9)], 'Mending after proof').points).toBe(0);
    expect(part([fix('hz', 1, 9)], 'Mending after proof').because).toContain('1 tried without');
    const before = [fix('everysec', 1, 0.9), ...PERFECT.slice(0, -2)];
    expect(part(before, 'Mending after proof').points).toBe(0);
  });

  it('takes an estimate within a factor of two for good', () => {
    expect(part([fix('everysec', 1.7, 0.9), fix('rewritten', 0.3, 0.16)], 'Numbers').points).toBe(15);
    expect(part([fix('everysec', 5, 0.9), fix('rewritten', 0.3, 0.16, false)], 'Numbers').points).toBe(8);
  });
});
