import { expect, it } from 'vitest';
import { columnsOf } from '../../src/cli/report-output.ts';

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
