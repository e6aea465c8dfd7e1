import { encodeRequest } from '../resp/reply.ts';
import type { Keyspace } from '../store/keyspace.ts';
import type { Value } from '../store/values.ts';

/** Members per command: short enough that loading one command never stalls. */
const BATCH = 64;

/** The shortest commands that rebuild one database, one encoded piece for each key. */
export function* rewriteKeyspace(db: Keyspace): Generator<string> {
  if (db.size === 0) return;
  yield encodeRequest(['SELECT', String(db.id)]);
  // Columns are copied, not walked in place: the data set may change between two pieces.
  const keys = db.table.toArray();
  const values = db.table.valuesArray();
  const expiries = keys.map((key) => db.expires.get(key));
  for (let slot = 0; slot < keys.length; slot++) {
    yield rewriteKey(keys[slot]!, values[slot]!, expiries[slot]);
  }
}

function rewriteKey(key: string, value: Value, expiry: number | undefined): string {
  let out = '';
  if (typeof value === 'string') out = encodeRequest(['SET', key, value]);
  else {
    const members = value.members.toArray();
    for (let i = 0; i < members.length; i += BATCH) {
      out += encodeRequest(['SADD', key, ...members.slice(i, i + BATCH)]);
    }
  }
  if (expiry !== undefined) out += encodeRequest(['PEXPIREAT', key, String(expiry)]);
  return out;
}
