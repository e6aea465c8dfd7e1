import { expect, it } from 'vitest';
import { parseStrace } from '../../src/probes/strace.ts';

/** Each took seconds to minutes once: quadratic in the length of the run. */
it.each([
  [
    'a resumed call behind spaces',
    `[pid 1] read(3,  <unfinished ...>\n[pid 1] <... read resumed>${' '.repeat(20_000)}x`,
  ],
  ['a result followed by brackets', `read(3, "a"..., 3) = 0 ${'<'.repeat(200_000)}`],
  ['brackets behind a descriptor', `read(3${'<'.repeat(200_000)}, "a") = 3`],
  ['a result followed by spaces', `read(3, "a"..., 3) = 0 ${' '.repeat(200_000)}x`],
  ['nothing but spaces', `${' '.repeat(200_000)}x`],
  ['a buffer of quotes', `read(3, ${'"\\'.repeat(100_000)}`],
])(
  '%s is read at once',
  (_, text) => {
    const { items, problems } = parseStrace(text);
    expect(items.length + problems.length).toBeGreaterThan(0);
  },
  5_000,
);
