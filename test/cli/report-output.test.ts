import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/command.ts';
import { columnsOf, progressOf } from '../../src/cli/report-output.ts';

it.each([
  [undefined, 80],
  ['60', 60],
  ['200', 80],
  ['1', 40],
  ['wide', 80],
  ['', 80],
])('COLUMNS=%s: %i columns', (COLUMNS, columns) => {
  expect(columnsOf(COLUMNS === undefined ? {} : { COLUMNS })).toBe(columns);
});

describe('progress', () => {
  const told = (isTTY: boolean, quiet = false): string => {
    let text = '';
    const stderr = Object.assign(new PassThrough(), { isTTY }).on('data', (chunk) => {
      text += String(chunk);
    });
    progressOf({ quiet }, { stderr } as unknown as Io)(`watching ${'top, '.repeat(20)}lsof`);
    return text;
  };

  it('stays within the columns of a terminal, and is a line each in a log', () => {
    expect(told(true)).toMatch(/^perfcase: watching top, .*\ntop, .*lsof\n$/);
    expect(
      Math.max(
        ...told(true)
          .split('\n')
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
    expect(told(false)).toMatch(/^perfcase: watching .*lsof\n$/);
  });

  it('is silent when that is wished', () => {
    expect(told(false, true)).toBe('');
  });
});
