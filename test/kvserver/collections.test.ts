import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatScore, parseScore } from '../../src/kvserver/commands/score.ts';
import { Deque } from '../../src/kvserver/store/deque.ts';
import { SortedSet } from '../../src/kvserver/store/sorted-set.ts';

describe('Deque', () => {
  it('does what an array does', () => {
    const step = fc.tuple(
      fc.constantFrom('pushLeft', 'pushRight', 'popLeft', 'popRight', 'insert', 'remove', 'replace'),
      fc.nat(40),
      fc.string({ maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const deque = new Deque();
        const model: string[] = [];
        for (const [what, number, item] of steps) {
          const at = model.length === 0 ? 0 : number % model.length;
          if (what === 'pushLeft') model.unshift(item);
          if (what === 'pushRight') model.push(item);
          if (what === 'pushLeft' || what === 'pushRight') deque[what](item);
          if (what === 'popLeft') expect(deque.popLeft()).toBe(model.shift());
          if (what === 'popRight') expect(deque.popRight()).toBe(model.pop());
          if (what === 'insert') {
            deque.insert(at, item);
            model.splice(at, 0, item);
          }
          if (model.length > 0 && what === 'remove') {
            deque.remove(at);
            model.splice(at, 1);
          }
          if (model.length > 0 && what === 'replace') {
            deque.replace(at, item);
            model[at] = item;
          }
          expect(deque.length).toBe(model.length);
        }
        expect(deque.toArray()).toEqual(model);
        expect(deque.clone().toArray()).toEqual(model);
        expect(deque.slice(2, 5)).toEqual(model.slice(2, 6));
      }),
    );
  });
});

describe('SortedSet', () => {
  it('keeps members in order, with their ranks', () => {
    const step = fc.record({
      remove: fc.boolean(),
      member: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
      score: fc.integer({ min: -3, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const sorted = new SortedSet();
        const model = new Map<string, number>();
        for (const { remove, member, score } of steps) {
          if (remove) expect(sorted.delete(member)).toBe(model.delete(member));
          else {
            expect(sorted.set(member, score)).toBe(!model.has(member));
            model.set(member, score);
          }
        }
        const ordered = [...model]
          .map(([member, score]) => ({ member, score }))
          .sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
        expect(sorted.range(0, 1000)).toEqual(ordered);
        expect(sorted.range(sorted.size - 1, 1000, true)).toEqual([...ordered].reverse());
        ordered.forEach(({ member }, rank) => {
          expect(sorted.rank(member)).toBe(rank);
        });
        expect(sorted.countWhile(({ score }) => score < 0)).toBe(
          ordered.filter(({ score }) => score < 0).length,
        );
        for (const rank of [0, 3, 10]) expect(sorted.range(rank, 1)).toEqual(ordered.slice(rank, rank + 1));
        expect(sorted.clone().range(0, 1000)).toEqual(ordered);
      }),
    );
  });
});

describe('scores', () => {
  it.each([
    [0.1, '0.10000000000000001'],
    [3, '3'],
    [-0, '-0'],
    [1e20, '1e+20'],
    [1e16, '10000000000000000'],
    [1e17, '1e+17'],
    [1.5e-7, '1.4999999999999999e-07'],
    [0.0001, '0.0001'],
    [123456789.125, '123456789.125'],
    // Just between two texts: the even one, as in C.
    [Number('562.091827392578125'), '562.09182739257812'],
    [Number('-767.063140869140625'), '-767.06314086914062'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('%d is printed as %s', (score, text) => {
    expect(formatScore(score)).toBe(text);
  });

  it('are read back as they were printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (score) => {
        expect(parseScore(formatScore(score))).toBe(score);
      }),
    );
  });

  it.each(['', 'x', 'nan', '1e400', '1e-400', ' 1', '1 '])('%j is none', (text) => {
    expect(parseScore(text)).toBeUndefined();
  });
});
