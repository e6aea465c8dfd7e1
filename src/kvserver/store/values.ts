import { DenseIndex } from './dense-index.ts';
import { TextMap } from './dense-map.ts';
import { Deque } from './deque.ts';
import { SortedSet } from './sorted-set.ts';

/** What every value but a string has. */
interface Aggregate {
  readonly kind: 'set' | 'hash' | 'list' | 'zset';
  /** The snapshot that this value was made after or has been read by; see Keyspace.writable. */
  epoch: number;
  readonly size: number;
  /** For the table that holds it, to keep account of its bytes; see KeyTable. */
  owner: object | undefined;
  accounted: number;
  changing: boolean;
  clone(): Aggregate;
}

/** A set of byte strings. */
export class SetValue implements Aggregate {
  readonly kind = 'set';
  epoch = 0;
  owner: object | undefined;
  accounted = 0;
  changing = false;
  readonly members = new DenseIndex();

  get size(): number {
    return this.members.size;
  }

  clone(): SetValue {
    const copy = new SetValue();
    copy.members.copyFrom(this.members);
    return copy;
  }
}

/** Fields with a byte string each. */
export class HashValue implements Aggregate {
  readonly kind = 'hash';
  epoch = 0;
  owner: object | undefined;
  accounted = 0;
  changing = false;
  readonly fields = new TextMap();

  get size(): number {
    return this.fields.size;
  }

  clone(): HashValue {
    const copy = new HashValue();
    copy.fields.copyFrom(this.fields);
    return copy;
  }
}

/** Byte strings in an order that the clients choose. */
export class ListValue implements Aggregate {
  readonly kind = 'list';
  epoch = 0;
  owner: object | undefined;
  accounted = 0;
  changing = false;
  items = new Deque();

  get size(): number {
    return this.items.length;
  }

  clone(): ListValue {
    const copy = new ListValue();
    copy.items = this.items.clone();
    return copy;
  }
}

/** Members with a score each, ordered by score and then by bytes. */
export class SortedSetValue implements Aggregate {
  readonly kind = 'zset';
  epoch = 0;
  owner: object | undefined;
  accounted = 0;
  changing = false;
  sorted = new SortedSet();

  get size(): number {
    return this.sorted.size;
  }

  clone(): SortedSetValue {
    const copy = new SortedSetValue();
    copy.sorted = this.sorted.clone();
    return copy;
  }
}

export type AggregateValue = SetValue | HashValue | ListValue | SortedSetValue;
/** What a key holds. A string value is a plain byte string: immutable, so a snapshot can share it. */
export type Value = string | AggregateValue;
export type TypeName = 'string' | AggregateValue['kind'];

export function typeOf(value: Value): TypeName {
  return typeof value === 'string' ? 'string' : value.kind;
}
