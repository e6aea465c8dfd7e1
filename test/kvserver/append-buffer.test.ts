import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppendBuffer } from '../../src/kvserver/aof/append-buffer.ts';

const piece = fc.tuple(fc.constantFrom('a', '\r\n', '\xff', '\0'), fc.constantFrom(0, 1, 7, 5000, 70_000));

it('gives back what was added, in its order, also after the first bytes were dropped', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(piece, { maxLength: 12 }), { maxLength: 4 }),
      fc.nat(100_000),
      (turns, dropped) => {
        const buffer = new AppendBuffer();
        for (const turn of turns) {
          const parts = turn.map(([letter, times]) => letter.repeat(times));
          for (const part of parts) buffer.add(part);
          const expected = parts.join('');
          expect(buffer.length).toBe(expected.length);
          expect(Buffer.concat(buffer.chunks()).equals(Buffer.from(expected, 'latin1'))).toBe(true);
          buffer.drop(Math.min(dropped, expected.length));
          buffer.add('end');
          const rest = `${expected.slice(dropped)}end`;
          expect(buffer.length).toBe(rest.length);
          expect(Buffer.concat(buffer.chunks()).equals(Buffer.from(rest, 'latin1'))).toBe(true);
          buffer.clear();
          expect(buffer.chunks()).toEqual([]);
        }
      },
    ),
  );
});

it('begins another block when one is long', () => {
  const buffer = new AppendBuffer();
  const megabyte = 'x'.repeat(1024 ** 2);
  for (let i = 0; i < 40; i++) buffer.add(megabyte);
  const chunks = buffer.chunks();
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(40 * 1024 ** 2);
  expect(buffer.length).toBe(40 * 1024 ** 2);
});
