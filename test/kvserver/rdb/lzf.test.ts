import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crc64, crc64 } from '../../../src/kvserver/rdb/crc64.ts';
import { lzfCompress, lzfDecompress } from '../../../src/kvserver/rdb/lzf.ts';

function compress(bytes: Buffer): Buffer {
  const to = Buffer.alloc(bytes.length * 2 + 16);
  return to.subarray(0, lzfCompress(bytes, bytes.length, to, to.length));
}

describe('LZF', () => {
  it('brings back what it was given', () => {
    const repetitive = fc.tuple(fc.string({ maxLength: 20 }), fc.nat(400)).map(([text, n]) => text.repeat(n));
    const any = fc.oneof(
      repetitive.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 2000 }),
    );
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 4 }), (parts) => {
        const bytes = Buffer.concat(parts);
        expect(lzfDecompress(compress(bytes), bytes.length)).toEqual(bytes);
      }),
    );
  });

  it('makes repetition short, also copies that reach into themselves', () => {
    const bytes = Buffer.alloc(10_000, 'a');
    expect(compress(bytes).length).toBeLessThan(150);
    // One literal "x", then nine bytes copied from one byte back.
    expect(lzfDecompress(Buffer.from([0, 120, 0xe0, 0, 0]), 10)?.toString()).toBe('xxxxxxxxxx');
  });

  it('gives up when there is not enough room', () => {
    const bytes = Buffer.from('no repetition');
    expect(lzfCompress(bytes, bytes.length, Buffer.alloc(20), bytes.length - 4)).toBe(0);
  });

  it('refuses damage and wrong lengths instead of reading beyond', () => {
    expect(lzfDecompress(Buffer.from([5, 1]), 6)).toBeUndefined();
    expect(lzfDecompress(Buffer.from([0, 1, 0x20, 9]), 4)).toBeUndefined();
    expect(lzfDecompress(Buffer.from([0, 1]), 2)).toBeUndefined();
    expect(lzfDecompress(Buffer.from([0, 1, 0xe0]), 12)).toBeUndefined();
    // Three bytes cannot become a gigabyte: refused before memory is asked for.
    expect(lzfDecompress(Buffer.from([0, 1, 2]), 2 ** 30)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(5000), (bytes, length) => {
        const out = lzfDecompress(Buffer.from(bytes), length);
        expect(out === undefined || out.length === length).toBe(true);
      }),
    );
  });
});

describe('the checksum', () => {
  it('is that of its definition, whole or in pieces', () => {
    const digits = Buffer.from('123456789');
    expect(crc64(digits)).toBe(0xe9c6d914c4b8d9can);
    const pieces = new Crc64();
    pieces.update(digits, 0, 4);
    pieces.update(digits, 4, 9);
    expect(pieces.value).toBe(0xe9c6d914c4b8d9can);
  });
});
