import { expect, it } from 'vitest';
import { printable } from '../../src/report/printable.ts';

it.each([
  ['an escape sequence', '\x1b]0;title\x07\x1b[31m', '·]0;title··[31m'],
  ['controls of the second page', '\x9b31m\x7f', '·31m·'],
  ['marks that turn the direction around', 'a\u202eb\u2066c', 'a·b·c'],
  ['half a surrogate pair, and no characters', 'a\ud800b\udc00\ufffe', 'a·b··'],
  ['what a text is made of', 'tab\t and\nline, ü, 中, 🎉', 'tab\t and\nline, ü, 中, 🎉'],
])('%s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});
