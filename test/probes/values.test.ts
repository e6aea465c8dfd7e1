import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDecoration, linesOf } from '../../src/probes/text/lines.ts';
import { amount, decimal, present, whole } from '../../src/probes/text/values.ts';
import { refusesPerCpu } from '../../src/probes/top.ts';
import { topKib, topSeconds } from '../../src/probes/top-rows.ts';

describe('numbers', () => {
  it.each([
    ['1.76', 1.76],
    ['1,76', 1.76],
    ['-1.00', -1],
    ['12', 12],
    ['', undefined],
    ['1.2.3', undefined],
    ['nan', undefined],
    ['1e5', undefined],
    [undefined, undefined],
  ])('decimal(%s)', (token, value) => expect(decimal(token)).toBe(value));

  it('an amount below zero is what a tool was not allowed to read', () => {
    expect(amount('-1.00')).toBeUndefined();
    expect(amount('0.00')).toBe(0);
  });

  it('a whole number is exact or absent', () => {
    expect(whole('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(whole('9007199254740993')).toBeUndefined();
    expect(whole('18446744073709551615')).toBeUndefined();
    expect(whole('-1')).toBeUndefined();
  });

  it('absent is not a key', () => {
    expect(Object.keys(present({ a: 0, b: undefined, c: '' }))).toEqual(['a', 'c']);
  });
});

describe("top's own notations", () => {
  it.each([
    ['27304', 27_304],
    ['1.2g', 1_258_291],
    ['512m', 524_288],
    ['1,5g', 1_572_864],
    ['9t', 9_663_676_416],
    ['big', undefined],
  ])('memory %s', (token, kib) => expect(topKib(token)).toBe(kib));

  it.each([
    ['0:07.15', 7.15],
    ['91:37.30', 5497.3],
    ['0:04,34', 4.34],
    ['1234:56', 74_096],
    ['123,45', 445_500],
    ['99h', 356_400],
    ['12d', 1_036_800],
    ['3w', 1_814_400],
    ['soon', undefined],
  ])('time %s', (token, seconds) => expect(topSeconds(token)).toBe(seconds));

  it.each([
    "top: unknown option '1'\nUsage:\n  top -hv | -bcHiOSs -d secs",
    "top: invalid option -- '1'",
    'top: inappropriate 1',
  ])('knows a top that is too old for -1: %s', (stderr) => expect(refusesPerCpu(stderr)).toBe(true));

  it('does not take another complaint for it', () => {
    expect(refusesPerCpu('top: failed tty get')).toBe(false);
    expect(refusesPerCpu("top: unknown option 'w'\nUsage: top -1")).toBe(false);
  });
});

describe('lines', () => {
  it('are those of split, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', ' '), maxLength: 40 }), (text) => {
        const expected = text.split('\n').map((line) => line.replace(/\r$/, ''));
        if (expected.at(-1) === '' && !text.endsWith('\r')) expected.pop();
        const lines = [...linesOf(text)];
        expect(lines.map((line) => line.raw)).toEqual(expected);
        expect(lines.map((line) => line.number)).toEqual(expected.map((_, at) => at + 1));
      }),
    );
  });

  it('lose their colours and the ^C of a terminal, but not their words', () => {
    const [line] = [...linesOf('^C\x1b[1mAverage:\x1b(B\x1b[m 1')];
    expect(line).toMatchObject({
      text: '\x1b[1mAverage:\x1b(B\x1b[m 1'.replaceAll(/\x1b(?:\[\d*m|\(B)/g, ''),
    });
    expect(line!.raw).toContain('\x1b');
  });

  it.each([
    '',
    '  ',
    '$ lsof -p 9085',
    '# comment',
    '...',
    '…',
    '```shell',
    '```',
    '[root@web ~]# top',
    'me@lab:~/x$ top',
    '^C',
  ])('pass over what no tool printed: "%s"', (text) => expect(isDecoration(text)).toBe(true));

  it.each([
    'redis-ser 9085 root 3u REG 8,1 1 2 /tmp/a$ b',
    '%Cpu0  :  6.0 us',
    '12:49:36 0 368',
    '[pid 9085] read(3)',
    '#1',
  ])('keep what one may have printed: "%s"', (text) => expect(isDecoration(text)).toBe(false));
});
