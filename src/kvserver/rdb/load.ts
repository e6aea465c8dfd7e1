import type { AccessClock } from '../store/access-clock.ts';
import type { Keyspace } from '../store/keyspace.ts';
import type { ByteSource } from './byte-source.ts';
import { decodeValue } from './decode-value.ts';
import { MAGIC, NEWEST_READABLE, OPCODE } from './format.ts';
import { RdbError } from './rdb-error.ts';

export interface LoadOptions {
  readonly keyspaces: readonly Keyspace[];
  /** Epoch milliseconds. Keys that expired before are left out; undefined keeps them. */
  readonly dropExpiredAt: number | undefined;
  /** The directive rdbchecksum. */
  readonly verifyChecksum: boolean;
  /** Takes in when or how often a key was used, as far as the eviction policy looks at it. */
  readonly use: AccessClock;
  /** Keys may be there already; they are replaced. */
  readonly merge?: boolean;
  readonly log: (line: string) => void;
}

export interface LoadedRdb {
  readonly keys: number;
  /** Left out because their time had come. */
  readonly expired: number;
}

/**
 * Reads a whole snapshot, from the magic to the checksum, into the databases.
 * @throws RdbError when it is damaged or holds what this server has not; some keys may have been read then
 */
export function loadRdb(source: ByteSource, options: LoadOptions): LoadedRdb {
  const version = readHeader(source);
  let db = databaseOf(options, 0);
  let expiry: number | undefined;
  let stamp: number | undefined;
  let keys = 0;
  let expired = 0;
  for (;;) {
    const opcode = source.byte();
    switch (opcode) {
      case OPCODE.expireMs:
        expiry = Number(source.int64());
        continue;
      case OPCODE.expireSeconds:
        expiry = source.signed(4) * 1000;
        continue;
      case OPCODE.idle: {
        const seconds = source.size();
        if (!options.use.lfu) stamp = options.use.withIdle(seconds);
        continue;
      }
      case OPCODE.frequency: {
        const frequency = source.byte();
        if (options.use.lfu) stamp = options.use.withFrequency(frequency);
        continue;
      }
      case OPCODE.selectDb:
        db = databaseOf(options, source.size());
        continue;
      case OPCODE.resizeDb:
        source.size();
        source.size();
        continue;
      case OPCODE.aux:
        source.string();
        source.string();
        continue;
      case OPCODE.function:
        source.string();
        options.log('a function library in the snapshot is left out: functions are not supported');
        continue;
      case OPCODE.oldFunction:
        throw new RdbError('it holds functions in the form of a release candidate, which nobody reads');
      case OPCODE.moduleAux:
        throw new RdbError('it holds data of a module, which this server cannot load');
      case OPCODE.end:
        if (version >= 5) verify(source, options);
        return { keys, expired };
    }
    const key = source.string();
    const value = readValue(source, opcode, key);
    if (value === undefined) {
      options.log('a key without elements in the snapshot is left out');
    } else if (expiry !== undefined && expiry < (options.dropExpiredAt ?? Number.NEGATIVE_INFINITY)) {
      expired++;
    } else {
      if (!options.merge && db.table.has(key))
        throw new RdbError(`it holds a key twice in database ${db.id}`);
      db.set(key, value);
      if (expiry !== undefined) db.expireAt(key, expiry);
      if (stamp !== undefined) db.setStamp(key, stamp);
      keys++;
    }
    expiry = undefined;
    stamp = undefined;
  }
}

function readHeader(source: ByteSource): number {
  const header = source.raw(MAGIC.length + 4);
  if (!header.startsWith(MAGIC)) throw new RdbError('Wrong signature trying to load DB from file');
  const text = header.slice(MAGIC.length);
  const version = Number(text);
  if (!(version >= 1 && version <= NEWEST_READABLE)) {
    // A damaged header may hold anything, a line break too.
    throw new RdbError(`Can't handle RDB format version ${text.replace(/[^ -~]/g, '?')}`);
  }
  return version;
}

function databaseOf({ keyspaces }: LoadOptions, id: number): Keyspace {
  const db = keyspaces[id];
  if (!db) {
    throw new RdbError(
      `it was made by a server with more than ${keyspaces.length} databases; raise the directive databases`,
    );
  }
  return db;
}

/** The name of the type is of no use without the key. */
function readValue(source: ByteSource, type: number, key: string) {
  try {
    return decodeValue(source, type);
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    throw new RdbError(`${error.message} (under the key ${JSON.stringify(key.slice(0, 64))})`, {
      cause: error,
    });
  }
}

function verify(source: ByteSource, { verifyChecksum, log }: LoadOptions): void {
  const found = source.checksum();
  const expected = source.uint64();
  if (!verifyChecksum) return;
  if (expected === 0n) {
    log('the snapshot was saved without a checksum: nothing to verify');
  } else if (expected !== found) {
    throw new RdbError(
      `Wrong RDB checksum expected: (${expected.toString(16)}) but got (${found.toString(16)}): RDB CRC error`,
    );
  }
}
