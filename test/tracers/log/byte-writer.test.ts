import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unescapeBytes } from '../../../src/probes/strace-line.ts';
import { ByteWriter } from '../../../src/tracers/log/byte-writer.ts';

const written = (write: (out: ByteWriter) => void) => {
  const out = new ByteWriter(16);
  out.reserve(8192);
  write(out);
  return out.toString();
};

it('quotes bytes so that the reader of strace gets them back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = written((out) => out.quoted(bytes, 0, bytes.length));
      expect(text).toMatch(/^"[ -~]*"$/);
      expect(unescapeBytes(text.slice(1, -1))).toBe(Buffer.from(bytes).toString('latin1'));
    }),
  );
});

it('escapes as strace does', () => {
  const bytes = Buffer.from('*1\r\n\t"\\\0' + '7', 'latin1');
  expect(written((out) => out.quoted(bytes, 0, bytes.length))).toBe(String.raw`"*1\r\n\t\"\\\0007"`);
});

it('writes whole numbers', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(written((out) => out.integer(value))).toBe(String(value));
    }),
  );
  expect(written((out) => out.integer(-0))).toBe('0');
});

it('writes microseconds as seconds', () => {
  expect(written((out) => out.seconds(1_700_000_000_123_456))).toBe('1700000000.123456');
  expect(written((out) => out.seconds(71))).toBe('0.000071');
});

it('writes 64-bit numbers in hexadecimal', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), (value) => {
      const text = written((out) => out.hex(Number(value & 0xffff_ffffn), Number(value >> 32n)));
      expect(text).toBe(`0x${value.toString(16)}`);
    }),
  );
  expect(written((out) => out.hex(0, 0))).toBe('0');
});
