import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAddress } from '../../src/core/addresses.ts';
import { UserError } from '../../src/core/errors.ts';
import {
  formatMs,
  formatShare,
  parseDuration,
  parseShare,
  plural,
  quantile,
  significant,
} from '../../src/core/units.ts';

describe('shares', () => {
  it.each([
    ['5%', 0.05],
    ['0.5 %', 0.005],
    ['0.05', 0.05],
    ['100%', 1],
    ['1', 1],
  ])('%j is %d', (text, share) => {
    expect(parseShare(text)).toBeCloseTo(share, 12);
  });

  it.each(['', '0', '0%', '5', '101%', '-1%', 'five', '5 % of it', '1e-2', 'NaN'])('%j is none', (text) => {
    expect(() => parseShare(text)).toThrow(/^".*" is no share; write for example 5%/);
  });
});

describe('durations', () => {
  it.each([
    ['300ms', 300],
    ['10s', 10_000],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    ['10', 10_000],
    [' 5 s ', 5000],
    ['250us', 0.25],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '0', '0s', '-5s', 's', '5 d', '1e3', 'Infinity', 'NaN', '5s5', `${'9'.repeat(400)}h`])(
    '%j is refused',
    (text) => {
      expect(() => parseDuration(text)).toThrow(UserError);
    },
  );

  it.each([
    [0, '0 ms'],
    [0.00016, '0.16 µs'],
    [0.16, '160 µs'],
    [0.9999, '1 ms'],
    [7.6, '7.6 ms'],
    [999.6, '1 s'],
    [10_545.4, '10.5 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [-5, '-5 ms'],
  ])('%d ms reads %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it('what is printed is within half a percent of what was meant', () => {
    const unit: Record<string, number> = { µs: 0.001, ms: 1, s: 1000, min: 60_000 };
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e7, noNaN: true }), (ms) => {
        const [value, name] = formatMs(ms).split(' ');
        expect(Math.abs(Number(value) * unit[name!]! - ms) / ms).toBeLessThanOrEqual(0.0051);
      }),
    );
  });
});

describe('numbers', () => {
  it.each([
    [0.0123456, '0.0123'],
    [7.6, '7.6'],
    [118.4, '118'],
    [41_872, '41872'],
    [0, '0'],
    [99.96, '100'],
    [1e-7, '0'],
    [-2.71993, '-2.72'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%d is %s', (value, text) => {
    expect(significant(value)).toBe(text);
  });

  it('never have an exponent', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (value) => {
        expect(significant(value)).toMatch(/^-?\d+(?:\.\d+)?$/);
      }),
    );
  });

  it.each([
    [0, '0 %'],
    [0.914, '91 %'],
    [0.0994, '9.9 %'],
    [0.0996, '10 %'],
    [0.004, '0.4 %'],
    [1, '100 %'],
  ])('the part %d is %s', (fraction, text) => {
    expect(formatShare(fraction)).toBe(text);
  });

  it('quantiles are by nearest rank', () => {
    expect(quantile([], 0.5)).toBeUndefined();
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([3, 1, 2], 0)).toBe(1);
    expect(quantile([3, 1, 2], 1)).toBe(3);
    expect(quantile([10, 9], 0.5)).toBe(9);
  });

  it('plurals', () => {
    expect([plural(0, 'sync'), plural(1, 'sync'), plural(118, 'sync')]).toEqual([
      '0 syncs',
      '1 sync',
      '118 syncs',
    ]);
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:6379', '127.0.0.1', '6379'],
    ['[::1]:6379', '::1', '6379'],
    ['*:http', '*', 'http'],
  ])('%s', (address, host, port) => {
    expect(splitAddress(address)).toEqual({ host, port });
  });
});
