import { DenseMap } from './dense-map.ts';
import type { Keyspace } from './keyspace.ts';
import type { Value } from './values.ts';

/** The keys of one database as they were at one moment. */
interface FrozenKeyspace {
  readonly id: number;
  readonly keys: readonly string[];
  readonly values: readonly Value[];
  readonly expires: DenseMap<number>;
}

export interface FrozenKey {
  readonly db: number;
  readonly key: string;
  readonly value: Value;
  readonly expiry: number | undefined;
}

/**
 * The whole data set as it is now, to be read at leisure while clients go on changing it. Only the columns of
 * the tables are copied, a few block copies for each database. What they point at is shared: strings never
 * change, and a collection is copied by the first command that changes it while a snapshot is open (see
 * Keyspace.writable). A server that forks gets the same from the kernel, page by page.
 */
export class Snapshot {
  private readonly frozen: readonly FrozenKeyspace[];

  constructor(keyspaces: readonly Keyspace[]) {
    this.frozen = keyspaces
      .filter((db) => db.size > 0)
      .map((db) => {
        const expires = new DenseMap<number>();
        expires.copyFrom(db.expires);
        return { id: db.id, keys: db.table.toArray(), values: db.table.valuesArray(), expires };
      });
  }

  get size(): number {
    return this.frozen.reduce((sum, db) => sum + db.keys.length, 0);
  }

  *keys(): Generator<FrozenKey> {
    for (const { id, keys, values, expires } of this.frozen) {
      for (let slot = 0; slot < keys.length; slot++) {
        const key = keys[slot]!;
        yield { db: id, key, value: values[slot]!, expiry: expires.size > 0 ? expires.get(key) : undefined };
      }
    }
  }
}
