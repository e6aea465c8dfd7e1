import { expect, it } from 'vitest';
import { withinColumns } from '../../src/cli/help-columns.ts';

it.each([
  ['a short line', 'Usage: perfcase', 'Usage: perfcase'],
  ['a long sentence', 'word '.repeat(20).trim(), `${'word '.repeat(15)}word\n${'word '.repeat(4).trim()}`],
  [
    'a text in a column of its own',
    `  --option value    ${'word '.repeat(16).trim()}`,
    `  --option value    ${'word '.repeat(12).trim()}\n                    ${'word '.repeat(4).trim()}`,
  ],
  [
    'an indented one',
    `  ${'word '.repeat(20).trim()}`,
    `  ${'word '.repeat(14)}word\n  word word word word word`,
  ],
  [
    'an item of a list',
    `- ${'word '.repeat(20).trim()}`,
    `- ${'word '.repeat(14)}word\n  word word word word word`,
  ],
  ['a numbered item', `10. ${'word '.repeat(17).trim()}`, `10. ${'word '.repeat(14)}word\n    word word`],
  ['what has no blank', 'x'.repeat(100), 'x'.repeat(100)],
])('%s', (_, text, shown) => {
  expect(withinColumns(text)).toBe(shown);
});
