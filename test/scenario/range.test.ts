import { describe, expect, it } from 'vitest';
import { parseRange } from '../../src/scenario/range.ts';

describe('parseRange', () => {
  it.each([
    ['>=0.5', [0.5, 7], [0.49]],
    ['> 2', [2.1], [2, 1]],
    ['<=1', [1, -3], [1.1]],
    ['<3', [2.9], [3]],
    ['100±10', [90, 100, 110], [89.9, 110.1]],
    ['200 ± 10%', [180, 220], [179, 221]],
    ['-10±10%', [-9, -11], [-8, -12]],
    ['6..10', [6, 8.2, 10], [5.9, 10.1]],
    ['-1 .. 1', [0], [2]],
    ['7', [7], [7.1]],
  ])('%s', (text, inside, outside) => {
    const range = parseRange(text)!;
    for (const value of inside) expect([value, range.holds(value)]).toEqual([value, true]);
    for (const value of [...outside, Number.NaN]) expect([value, range.holds(value)]).toEqual([value, false]);
  });

  it.each(['', 'lots', '10..6', '>=', '5±', '1..2..3', '>=1 <2', '10%'])('%j is none', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
});
