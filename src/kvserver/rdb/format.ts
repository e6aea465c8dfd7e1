/**
 * The RDB format: a snapshot of the data set in one file.
 *
 *     "REDIS" "0010"                          magic and version, in digits
 *     fa <string> <string>                    any number of remarks (AUX): who wrote it and when
 *     fe <length>                             SELECTDB: the keys of this database follow
 *     fb <length> <length>                    RESIZEDB: how many keys, how many of them with an expiry
 *     [fc <8 bytes>] <type> <string> <value>  a key, with its expiry in epoch milliseconds if it has one
 *     ff <8 bytes>                            the end and the CRC-64 of everything before it; 0: none was made
 *
 * A length takes 1, 2, 5 or 9 bytes, told apart by its first two bits; with both bits set it is not a length but
 * says that an integer or a compressed string follows. See byte-sink.ts and byte-source.ts.
 *
 * Source: the description of the format at rdb.fnordig.de, and files that redis-server wrote.
 */

export const MAGIC = 'REDIS';
/** The version that is written, the one of Redis 7.0. */
export const RDB_VERSION = 10;
/** The latest version that is read, the one of Redis 7.2. */
export const NEWEST_READABLE = 11;
/** Bytes behind the end mark. */
export const CHECKSUM_LENGTH = 8;

export const OPCODE = {
  function: 245,
  oldFunction: 246,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  aux: 250,
  resizeDb: 251,
  expireMs: 252,
  expireSeconds: 253,
  selectDb: 254,
  end: 255,
} as const;

/** How a value is laid out. Written are only the plain ones; the others are read. */
export const TYPE = {
  string: 0,
  list: 1,
  set: 2,
  /** Scores as text. */
  zset: 3,
  hash: 4,
  /** Scores as doubles. */
  zset2: 5,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  zsetZiplist: 12,
  hashZiplist: 13,
  listQuicklist: 14,
  hashListpack: 16,
  zsetListpack: 17,
  listQuicklist2: 18,
  setListpack: 20,
} as const;

/** Types of other servers that this one has not, for a message. */
export const FOREIGN_TYPE: Readonly<Record<number, string>> = {
  6: 'a module type',
  7: 'a module type',
  15: 'a stream',
  19: 'a stream',
  21: 'a stream',
};

/** What stands in the place of a string's length: the last six bits of the byte. */
export const STRING_FORM = { int8: 0, int16: 1, int32: 2, lzf: 3 } as const;
