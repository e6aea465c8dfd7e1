import { ByteSource } from './byte-source.ts';
import { RdbError } from './rdb-error.ts';

/**
 * The compact forms in which small collections lie in an RDB file, each a byte string of its own. They are only
 * read: this server writes the plain forms, which every server reads, too.
 */

/**
 * A listpack: 4 bytes total length, 2 bytes count, entries, ff. An entry is an integer or a string, told apart by
 * its first bits, and behind it its own length, for those who walk backwards.
 * Source: the listpack specification by S. Sanfilippo.
 */
export function readListpack(bytes: Buffer): string[] {
  return reading('listpack', bytes, (source) => {
    if (source.uint32() !== bytes.length) throw new RdbError('wrong length');
    source.skip(2);
    const entries: string[] = [];
    for (let first = source.byte(); first !== 0xff; first = source.byte()) {
      const start = source.position - 1;
      entries.push(listpackEntry(source, first));
      source.skip(backLength(source.position - start));
    }
    return entries;
  });
}

function listpackEntry(source: ByteSource, first: number): string {
  if (first < 0x80) return String(first);
  if (first < 0xc0) return source.raw(first & 0x3f);
  if (first < 0xe0) {
    const value = ((first & 0x1f) << 8) | source.byte();
    return String(value < 1 << 12 ? value : value - (1 << 13));
  }
  if (first < 0xf0) return source.raw(((first & 0x0f) << 8) | source.byte());
  switch (first) {
    case 0xf0:
      return source.raw(source.uint32());
    case 0xf1:
      return String(source.signed(2));
    case 0xf2:
      return String(source.signed(3));
    case 0xf3:
      return String(source.signed(4));
    case 0xf4:
      return String(source.int64());
  }
  throw new RdbError(`unknown entry ${first}`);
}

/** Bytes that an entry's length takes behind it, seven bits each. */
function backLength(length: number): number {
  if (length < 2 ** 7) return 1;
  if (length < 2 ** 14) return 2;
  if (length < 2 ** 21) return 3;
  return length < 2 ** 28 ? 4 : 5;
}

/**
 * A ziplist, the listpack's predecessor: 4 bytes total length, 4 bytes offset of the last entry, 2 bytes count,
 * entries, ff. An entry begins with the length of the one before it.
 */
export function readZiplist(bytes: Buffer): string[] {
  return reading('ziplist', bytes, (source) => {
    if (source.uint32() !== bytes.length) throw new RdbError('wrong length');
    source.skip(6);
    const entries: string[] = [];
    for (let before = source.byte(); before !== 0xff; before = source.byte()) {
      if (before === 0xfe) source.skip(4);
      entries.push(ziplistEntry(source, source.byte()));
    }
    return entries;
  });
}

function ziplistEntry(source: ByteSource, first: number): string {
  switch (first >> 6) {
    case 0:
      return source.raw(first);
    case 1:
      return source.raw(((first & 0x3f) << 8) | source.byte());
    case 2:
      return source.raw(source.uint32BigEndian());
  }
  switch (first) {
    case 0xc0:
      return String(source.signed(2));
    case 0xd0:
      return String(source.signed(4));
    case 0xe0:
      return String(source.int64());
    case 0xf0:
      return String(source.signed(3));
    case 0xfe:
      return String(source.signed(1));
  }
  // Small numbers stand in the first byte itself: f1 is 0, fd is 12.
  if (first > 0xf0 && first < 0xfe) return String(first - 0xf1);
  throw new RdbError(`unknown entry ${first}`);
}

/** An intset: 4 bytes width of an integer (2, 4 or 8), 4 bytes count, the integers in order. */
export function readIntset(bytes: Buffer): string[] {
  return reading('intset', bytes, (source) => {
    const width = source.uint32();
    const count = source.uint32();
    if (![2, 4, 8].includes(width)) throw new RdbError(`unknown width ${width}`);
    if (bytes.length !== 8 + width * count) throw new RdbError('wrong length');
    return Array.from({ length: count }, () => String(width === 8 ? source.int64() : source.signed(width)));
  });
}

/**
 * A zipmap, how hashes lay before version 2.6: 1 byte count, then each field and its value, each with its length
 * before it (1 byte, or fe and 4 bytes) and the value with a count of unused bytes; ff.
 */
export function readZipmap(bytes: Buffer): string[] {
  return reading('zipmap', bytes, (source) => {
    source.skip(1);
    const words: string[] = [];
    for (let first = source.byte(); first !== 0xff; first = source.byte()) {
      words.push(source.raw(zipmapLength(source, first)));
      const length = zipmapLength(source, source.byte());
      const unused = source.byte();
      words.push(source.raw(length));
      source.skip(unused);
    }
    return words;
  });
}

function zipmapLength(source: ByteSource, first: number): number {
  return first === 0xfe ? source.uint32() : first;
}

function reading(form: string, bytes: Buffer, read: (source: ByteSource) => string[]): string[] {
  const source = ByteSource.of(bytes);
  try {
    const entries = read(source);
    if (!source.atEnd) throw new RdbError('bytes behind its end');
    return entries;
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    throw new RdbError(`damaged ${form}: ${error.message}`, { cause: error });
  }
}
