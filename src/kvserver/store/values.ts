import { DenseIndex } from './dense-index.ts';

/** A set of byte strings. */
export class SetValue {
  readonly kind = 'set';
  /** The snapshot (see Keyspace) that this object was made after; older objects are copied before a change. */
  epoch = 0;
  readonly members = new DenseIndex();

  clone(): SetValue {
    const copy = new SetValue();
    copy.members.copyFrom(this.members);
    return copy;
  }
}

/** What a key holds. A string value is a plain byte string: immutable, so a snapshot can share it. */
export type Value = string | SetValue;
export type Aggregate = Exclude<Value, string>;
export type TypeName = 'string' | Aggregate['kind'];

export function typeOf(value: Value): TypeName {
  return typeof value === 'string' ? 'string' : value.kind;
}
