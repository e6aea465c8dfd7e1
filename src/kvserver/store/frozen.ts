import type { AggregateValue, Value } from './values.ts';

/** A value as plain columns: nobody changes them any more, and they are made by block copies. */
export type FrozenValue =
  | string
  | { readonly kind: 'list' | 'set'; readonly items: readonly string[] }
  | { readonly kind: 'hash'; readonly fields: readonly string[]; readonly values: readonly string[] }
  /** In no order. */
  | { readonly kind: 'zset'; readonly members: readonly string[]; readonly scores: readonly number[] };

/** O(1) for a string, which never changes; O(N) for a collection, at the speed of memory. */
export function freeze(value: Value): FrozenValue {
  return typeof value === 'string' ? value : freezeAggregate(value);
}

export function freezeAggregate(value: AggregateValue): Exclude<FrozenValue, string> {
  switch (value.kind) {
    case 'list':
      return { kind: 'list', items: value.items.toArray() };
    case 'set':
      return { kind: 'set', items: value.members.toArray() };
    case 'hash':
      return { kind: 'hash', fields: value.fields.toArray(), values: value.fields.valuesArray() };
    case 'zset': {
      const { scores } = value.sorted;
      return { kind: 'zset', members: scores.toArray(), scores: scores.valuesArray() };
    }
  }
}
