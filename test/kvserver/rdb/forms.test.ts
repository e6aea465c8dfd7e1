import { describe, expect, it } from 'vitest';
import { bytes, fileWith, load, loadedValue, text } from './rdb-text.ts';

/** Four bytes, the lowest first. */
function u32(value: number): string {
  return bytes(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
}

function ziplist(...entries: string[]): string {
  const body = entries.join('');
  return bytes(u32(11 + body.length), u32(0), entries.length, 0, body, 0xff);
}

function listpack(...entries: string[]): string {
  const body = entries.map((entry) => bytes(entry, entry.length)).join('');
  return bytes(u32(7 + body.length), entries.length, 0, body, 0xff);
}

const INT64_MIN = bytes('\0'.repeat(7), 0x80);

// The first byte of each ziplist entry is the length of the one before; nobody needs it who reads forwards.
const ZIPLIST_ENTRIES: readonly [string, string][] = [
  [bytes(0, 3, 'abc'), 'abc'],
  [bytes(0, 0x40, 70, 'x'.repeat(70)), 'x'.repeat(70)],
  [bytes(0xfe, u32(72), 0x80, 0, 0, 0, 2, 'hi'), 'hi'],
  [bytes(0, 0xf1), '0'],
  [bytes(0, 0xfd), '12'],
  [bytes(0, 0xfe, 0xff), '-1'],
  [bytes(0, 0xc0, 0x00, 0x80), '-32768'],
  [bytes(0, 0xf0, 0xff, 0xff, 0x7f), '8388607'],
  [bytes(0, 0xd0, 0, 0, 0, 0x80), '-2147483648'],
  [bytes(0, 0xe0, INT64_MIN), '-9223372036854775808'],
];

const LISTPACK_ENTRIES: readonly [string, string][] = [
  [bytes(0x83, 'abc'), 'abc'],
  [bytes(0x80), ''],
  [bytes(127), '127'],
  [bytes(0xdf, 0xff), '-1'],
  [bytes(0xc0, 0x80), '128'],
  [bytes(0xf1, 0x00, 0x80), '-32768'],
  [bytes(0xf2, 0xff, 0xff, 0x7f), '8388607'],
  [bytes(0xf3, 0, 0, 0, 0x80), '-2147483648'],
  [bytes(0xf4, INT64_MIN), '-9223372036854775808'],
];

describe('what older and newer servers write', () => {
  const words = ZIPLIST_ENTRIES.map(([, word]) => word);
  const packed = text(ziplist(...ZIPLIST_ENTRIES.map(([entry]) => entry)));

  it('lists: plain, a ziplist, a list of ziplists', () => {
    const expected = { kind: 'list', items: words };
    expect(loadedValue(fileWith(1, bytes(words.length, ...words.map(text))))).toEqual(expected);
    expect(loadedValue(fileWith(10, packed))).toEqual(expected);
    expect(loadedValue(fileWith(14, bytes(2, packed, packed)))).toEqual({
      kind: 'list',
      items: [...words, ...words],
    });
  });

  it('lists of listpacks and of single long elements', () => {
    const node = text(listpack(...LISTPACK_ENTRIES.map(([entry]) => entry)));
    expect(loadedValue(fileWith(18, bytes(2, 2, node, 1, text('alone'))))).toEqual({
      kind: 'list',
      items: [...LISTPACK_ENTRIES.map(([, word]) => word), 'alone'],
    });
  });

  it('sets: integers of each width, a listpack', () => {
    const intset = (width: number, ...items: string[]) =>
      text(bytes(u32(width), u32(items.length), ...items));
    const set = (...items: string[]) => ({ kind: 'set', items });
    expect(loadedValue(fileWith(11, intset(2, bytes(0xff, 0xff), bytes(5, 0))))).toEqual(set('-1', '5'));
    expect(loadedValue(fileWith(11, intset(4, u32(70_000))))).toEqual(set('70000'));
    expect(loadedValue(fileWith(11, intset(8, INT64_MIN)))).toEqual(set('-9223372036854775808'));
    expect(loadedValue(fileWith(20, text(listpack(bytes(0x81, 'a'), bytes(7)))))).toEqual(set('a', '7'));
  });

  it('hashes: a ziplist, a listpack, a zipmap', () => {
    const expected = { kind: 'hash', fields: ['a'], values: ['7'] };
    expect(loadedValue(fileWith(13, text(ziplist(bytes(0, 1, 'a'), bytes(3, 0xf8)))))).toEqual(expected);
    expect(loadedValue(fileWith(16, text(listpack(bytes(0x81, 'a'), bytes(7)))))).toEqual(expected);
    expect(loadedValue(fileWith(9, text(bytes(1, 1, 'a', 1, 2, '7', '??', 0xff))))).toEqual(expected);
  });

  it('sorted sets: scores as text, a ziplist, a listpack', () => {
    const scores = bytes(3, text('a'), 255, text('b'), 254, text('c'), 3, '1.5');
    expect(loadedValue(fileWith(3, scores))).toEqual({
      kind: 'zset',
      members: ['a', 'b', 'c'],
      scores: [-Infinity, Infinity, 1.5],
    });
    const expected = { kind: 'zset', members: ['a'], scores: [7] };
    expect(loadedValue(fileWith(12, text(ziplist(bytes(0, 1, 'a'), bytes(3, 0xf8)))))).toEqual(expected);
    expect(loadedValue(fileWith(17, text(listpack(bytes(0x81, 'a'), bytes(7)))))).toEqual(expected);
  });

  it('lengths of every width, integers, and remarks about a key', () => {
    expect(loadedValue(fileWith(0, bytes(0x80, 0, 0, 0, 2, 'ab')))).toBe('ab');
    expect(loadedValue(fileWith(0, bytes(0x81, '\0'.repeat(7), 2, 'ab')))).toBe('ab');
    expect(loadedValue(fileWith(0, bytes(0xc0, 0x80)))).toBe('-128');
    expect(loadedValue(fileWith(0, bytes(0xc1, 0, 1)))).toBe('256');
    expect(loadedValue(fileWith(0, bytes(0xc2, 0, 0, 0, 0x80)))).toBe('-2147483648');
    expect(loadedValue(fileWith(0, text('v'), bytes(0xf8, 50)))).toBe('v');
    expect(loadedValue(fileWith(0, text('v'), bytes(0xf9, 5)))).toBe('v');
  });

  it('expiry in seconds and in milliseconds; what has expired is left out', () => {
    const inSeconds = fileWith(0, text('v'), bytes(0xfd, u32(2_000_000_000)));
    expect(load(inSeconds).server.keyspaces[0]!.expiryOf('key')).toBe(2_000_000_000_000);
    const past = fileWith(0, text('v'), bytes(0xfc, u32(1000), u32(0)));
    expect(load(past)).toMatchObject({ keys: 0, expired: 1 });
  });
});
