import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Lesson, readLesson } from '../../src/learn/lesson.ts';
import { lessonIds, loadLesson } from '../../src/learn/lessons.ts';

const RAW = parse(readFileSync('scenarios/redis-slow/lesson.yaml', 'utf8')) as Record<string, unknown>;
const read = (change: Record<string, unknown>): Lesson => readLesson({ ...RAW, ...change }, 'lesson.yaml');

describe('every lesson', async () => {
  it.each(await lessonIds())('%s fits the schema, and can be solved', async (id) => {
    const lesson = await loadLesson(id);
    const told = new Set(lesson.looks.flatMap(({ telling }) => telling.map(({ fact }) => fact)));
    expect(lesson.facts.filter((fact) => !told.has(fact.id))).toEqual([]);
    const causes = lesson.hypotheses.filter(({ isTrue }) => isTrue);
    expect(causes.length).toBeGreaterThan(0);
    for (const { id: cause, supportedBy } of causes) {
      expect(supportedBy.length, cause).toBeGreaterThan(0);
      expect(
        lesson.fixes.some(({ mends }) => mends === cause),
        cause,
      ).toBe(true);
    }
    for (const wrong of lesson.hypotheses.filter(({ isTrue }) => !isTrue))
      expect(wrong.refutedBy.length, wrong.id).toBeGreaterThan(0);
  });
});

describe('a lesson.yaml that is wrong', () => {
  it('is refused with the field', () => {
    expect(() => read({ schema: 'x' })).toThrow('"schema" must be "perfcase.lesson/1"');
    expect(() => read({ keys: 0 })).toThrow('"keys" must be a whole number');
    expect(() => read({ facts: 'none' })).toThrow('"facts" must be a list');
    expect(() => read({ facts: [{ id: 'a' }] })).toThrow('"facts[0].text" must be a text');
    expect(() => read({ title: '' })).toThrow('"title" must be a text');
    expect(() => readLesson(7, 'lesson.yaml')).toThrow('lesson.yaml: "lesson" must be a mapping');
  });

  it('is refused for a look that shows nothing or two things', () => {
    const look = { id: 'a', title: 'a', telling: [] };
    expect(() => read({ looks: [look] })).toThrow('one of run, config and text');
    expect(() => read({ looks: [{ ...look, text: 'a', config: 'b' }] })).toThrow(
      'one of run, config and text',
    );
  });

  it('is refused for a pattern that is none, and for names that nobody gave', () => {
    const look = { id: 'a', title: 'a', text: 'a' };
    expect(() => read({ looks: [{ ...look, telling: [{ line: '(', fact: 'cpu-idle' }] }] })).toThrow(
      'a regular expression',
    );
    expect(() => read({ looks: [{ ...look, telling: [{ line: 'a', fact: 'nobody' }] }] })).toThrow(
      '"nobody"',
    );
    expect(() => read({ hints: [{ until: 'nothing', text: 'a' }] })).toThrow('"nothing"');
  });

  it('is refused for a scenario without a lesson', async () => {
    await expect(loadLesson('no-such')).rejects.toThrow(
      'there is no workshop "no-such"; known are redis-slow',
    );
  });
});
