import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parsed } from '../../src/core/capture.ts';
import type { Observation } from '../../src/core/observation.ts';
import { PROBES } from '../../src/probes/index.ts';
import { MAX_PROBLEMS } from '../../src/probes/text/notes.ts';
import { fixtures } from './fixtures.ts';

// strace has its own properties beside its own fixtures.
const probes = [...PROBES.values()]
  .filter((probe) => probe.name !== 'strace')
  .map((probe) => [probe.name, probe] as const);
const outputs = fixtures().filter((fixture) => fixture.probe.name !== 'strace' && fixture.text.length < 8000);

/** What must hold of any text: every item and problem points at a line that is there, and holds its words. */
function expectConsistent(text: string, { items, problems }: Parsed<Observation>): void {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  for (const item of items) {
    expect(item.text).toBe(lines[item.line - 1]);
    for (const value of Object.values(item)) {
      expect(value).not.toBeUndefined();
      if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
    }
  }
  for (const problem of problems) {
    expect(lines[problem.line - 1]).toBeDefined();
    const isWhole = problem.text.length <= 2000 && !problem.text.endsWith('…');
    if (isWhole && problem.text !== '') expect(lines[problem.line - 1]).toBe(problem.text);
    expect(problem.reason.length).toBeGreaterThan(0);
  }
  expect(problems.length).toBeLessThanOrEqual(MAX_PROBLEMS + 1);
}

describe.each(probes)('%s', (_, probe) => {
  it('reads any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expectConsistent(text, probe.parse(text));
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same answer twice, and takes the text as it is', () => {
    for (const { text } of outputs) expect(probe.parse(text)).toEqual(probe.parse(text));
  });
});

/** A real output with something done to it: cut, lines dropped, doubled or swapped, characters changed. */
const mutated = fc
  .tuple(
    fc.nat(outputs.length - 1),
    fc.array(
      fc.oneof(
        fc.record({ how: fc.constant('cut' as const), at: fc.nat() }),
        fc.record({ how: fc.constant('drop' as const), at: fc.nat() }),
        fc.record({ how: fc.constant('double' as const), at: fc.nat() }),
        fc.record({
          how: fc.constant('replace' as const),
          at: fc.nat(),
          by: fc.string({ unit: 'binary', maxLength: 3 }),
        }),
        fc.record({ how: fc.constant('truncate' as const), at: fc.nat(), to: fc.nat(200) }),
      ),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([which, changes]) => {
    const fixture = outputs[which]!;
    let text = fixture.text;
    for (const change of changes) {
      const lines = text.split('\n');
      const at = change.at % lines.length;
      if (change.how === 'cut') text = text.slice(change.at % (text.length + 1));
      else if (change.how === 'drop') text = lines.toSpliced(at, 1).join('\n');
      else if (change.how === 'double') text = lines.toSpliced(at, 0, lines[at]!).join('\n');
      else if (change.how === 'truncate') text = lines.with(at, lines[at]!.slice(0, change.to)).join('\n');
      else {
        const place = change.at % (text.length + 1);
        text = text.slice(0, place) + change.by + text.slice(place + change.by.length);
      }
    }
    return { fixture, text };
  });

describe('damaged outputs', () => {
  it('are read as far as they can be', () => {
    fc.assert(
      fc.property(mutated, ({ fixture, text }) => {
        expectConsistent(text, fixture.probe.parse(text));
      }),
      { numRuns: 400 },
    );
  });

  it('of a tool are read up to the place where they were cut', () => {
    fc.assert(
      fc.property(fc.nat(outputs.length - 1), fc.nat(), (which, place) => {
        const { probe, text } = outputs[which]!;
        if (['docker', 'podman', 'nsenter'].includes(probe.name)) return;
        const end = text.lastIndexOf('\n', place % text.length) + 1;
        const whole = probe.parse(text).items;
        const before = probe.parse(text.slice(0, end)).items;
        // A file of /proc and a report of iostat -h are put together from several lines; the others are a prefix.
        const lines = new Set(before.map((item) => item.line));
        for (const line of lines) expect(whole.map((item) => item.line)).toContain(line);
        expect(before.length).toBeLessThanOrEqual(whole.length);
      }),
      { numRuns: 200 },
    );
  });

  it('of one tool never look like another to its parser beyond a few lines', () => {
    for (const [name, probe] of probes) {
      if (name === 'nsenter' || name === 'docker' || name === 'podman' || name === 'lsof') continue;
      for (const { probe: other, text, name: where } of outputs) {
        if (other.name === name || other.name === 'nsenter') continue;
        // iostat prints avg-cpu, which is read by nobody else; nothing else is shared.
        expect({ reader: name, where, items: probe.parse(text).items.length }).toEqual({
          reader: name,
          where,
          items: 0,
        });
      }
    }
  });
});

describe('size', () => {
  it.each(probes)('%s keeps a bounded number of problems and says how many more there are', (_, probe) => {
    const { items, problems } = probe.parse('no tool prints this line\n'.repeat(5000));
    expect(items).toEqual([]);
    expect(problems.length).toBeLessThanOrEqual(MAX_PROBLEMS + 1);
    expect(problems.at(-1)).toMatchObject({ line: 5000, reason: expect.stringContaining('4000') });
  });

  it.each(probes)('%s passes over a line of a megabyte', (_, probe) => {
    const text = `${'7 '.repeat(500_000)}\n${'['.repeat(500_000)}\n`;
    const { items, problems } = probe.parse(text);
    expect(items).toEqual([]);
    for (const problem of problems) expect(problem.text.length).toBeLessThanOrEqual(2001);
  });
});
