import { DenseMap } from './dense-map.ts';
import { type FrozenValue, freeze } from './frozen.ts';
import type { Keyspace } from './keyspace.ts';
import type { AggregateValue, Value } from './values.ts';

/** The keys of one database as they were at one moment. */
interface FrozenKeyspace {
  readonly id: number;
  readonly keys: readonly string[];
  readonly values: readonly Value[];
  readonly expires: DenseMap<number>;
  readonly stampAt: ((slot: number) => number) | undefined;
}

/** The keys of one database, to be read in their order. */
export interface FrozenDatabase {
  readonly id: number;
  readonly size: number;
  /** How many keys have an expiry. */
  readonly expiring: number;
  readonly keys: Iterable<FrozenKey>;
}

export interface FrozenKey {
  readonly key: string;
  readonly value: FrozenValue;
  /** Epoch milliseconds. */
  readonly expiry: number | undefined;
  /** When or how often it was used (see AccessClock), where that is asked for. */
  readonly stamp: number | undefined;
}

/**
 * The whole data set as it is now, to be read at leisure while clients go on changing it. Only the columns of
 * the tables are copied, a few block copies for each database. What they point at is shared: strings never
 * change, and a collection is copied just before the first command that changes it (`preserve`; see
 * Keyspace.writable), unless it has been read already. A server that forks gets the same from the kernel, page
 * by page.
 */
export class Snapshot {
  private readonly frozen: readonly FrozenKeyspace[];
  private readonly epoch: number;
  private readonly preserved = new Map<AggregateValue, FrozenValue>();
  /** How many keys have been read. */
  keysRead = 0;

  /**
   * @param epoch higher than that of any snapshot before, and of any value there is
   * @param withStamps when or how often each key was used belongs to it
   */
  constructor(keyspaces: readonly Keyspace[], epoch: number, withStamps = false) {
    this.epoch = epoch;
    this.frozen = keyspaces
      .filter((db) => db.size > 0)
      .map((db) => {
        const expires = new DenseMap<number>();
        expires.copyFrom(db.expires);
        const stampAt = withStamps ? db.table.copyStamps() : undefined;
        return { id: db.id, keys: db.table.toArray(), values: db.table.valuesArray(), expires, stampAt };
      });
  }

  get size(): number {
    return this.frozen.reduce((sum, db) => sum + db.keys.length, 0);
  }

  /** A value that was made before the snapshot is about to be changed: keeps it as it is. */
  preserve(value: AggregateValue): void {
    this.preserved.set(value, freeze(value));
    value.epoch = this.epoch;
  }

  /** To be read once. */
  databases(): FrozenDatabase[] {
    return this.frozen.map((db) => ({
      id: db.id,
      size: db.keys.length,
      expiring: db.expires.size,
      keys: this.keysOf(db),
    }));
  }

  private *keysOf({ keys, values, expires, stampAt }: FrozenKeyspace): Generator<FrozenKey> {
    const noneExpires = expires.size === 0;
    for (let slot = 0; slot < keys.length; slot++) {
      const key = keys[slot]!;
      this.keysRead++;
      const expiry = noneExpires ? undefined : expires.get(key);
      yield { key, value: this.read(values[slot]!), expiry, stamp: stampAt?.(slot) };
    }
  }

  private read(value: Value): FrozenValue {
    if (typeof value === 'string') return value;
    const kept = this.preserved.get(value);
    if (kept !== undefined) {
      this.preserved.delete(value);
      return kept;
    }
    // From now on it may be changed freely.
    value.epoch = this.epoch;
    return freeze(value);
  }
}

/** The data set itself in the same shape, for whoever reads it at once, with no command in between. */
export function liveDatabases(keyspaces: readonly Keyspace[]): FrozenDatabase[] {
  return keyspaces
    .filter((db) => db.size > 0)
    .map((db) => ({ id: db.id, size: db.size, expiring: db.expires.size, keys: liveKeys(db) }));
}

function* liveKeys(db: Keyspace): Generator<FrozenKey> {
  for (const [key, value] of db.table.entries()) {
    yield { key, value: freeze(value), expiry: db.expiryOf(key), stamp: db.stampOf(key) };
  }
}
