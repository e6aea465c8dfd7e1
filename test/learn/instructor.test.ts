import { describe, expect, it } from 'vitest';
import { instructorPage } from '../../src/learn/instructor.ts';
import { lessonIds, loadLesson } from '../../src/learn/lessons.ts';
import { POINTS } from '../../src/learn/points.ts';

const page = instructorPage(await loadLesson('redis-slow'));

describe("the instructor's page", async () => {
  it('says what gives points: the parts of the grade, 100 together', () => {
    const rows = [...page.matchAll(/^ {1,2}(\d+) {2}([A-Z][a-z ]+):/gm)].map(([, of, name]) => [
      name,
      Number(of),
    ]);
    expect(rows).toEqual(Object.values(POINTS).map(({ name, of }) => [name, of]));
    expect(rows.reduce((sum, [, of]) => sum + Number(of), 0)).toBe(100);
    expect(page).toContain('10 for each of the 2 causes let stand with a note that proves it');
    expect(page).toContain('3.75 for each effect foreseen within a factor of 2');
    expect(page).toContain('2 for each hint, at most 10');
    expect(page).toContain('A from 90, B from 75, C from 60, D from 40; E below');
  });

  it('says which hypotheses are true, and what decides each', () => {
    expect(page).toMatch(/true {2}The server waits for the disk after every write\n/);
    expect(page).toMatch(/wrong The CPUs are saturated\n {8}would be refuted by: A CPU that is idle/);
    expect(page).toMatch(/refuted by: The CPUs have time left/);
  });

  it.each(await lessonIds())('of %s fits into 80 columns', async (id) => {
    const lines = instructorPage(await loadLesson(id)).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
