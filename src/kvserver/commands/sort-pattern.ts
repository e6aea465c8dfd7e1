import type { Keyspace } from '../store/keyspace.ts';

/**
 * What SORT's BY and GET name for an element: "weight_*" is the string under weight_ELEMENT, "user_*->age" a
 * field of the hash under user_ELEMENT, "#" the element itself. Undefined where there is no such thing.
 */
export function lookUpPattern(db: Keyspace, pattern: string, element: string): string | undefined {
  if (pattern === '#') return element;
  const star = pattern.indexOf('*');
  if (star < 0) return undefined;
  const arrow = pattern.indexOf('->', star + 1);
  const hasField = arrow >= 0 && arrow + 2 < pattern.length;
  const end = hasField ? arrow : pattern.length;
  const key = pattern.slice(0, star) + element + pattern.slice(star + 1, end);
  const value = db.read(key);
  if (value === undefined) return undefined;
  if (!hasField) return typeof value === 'string' ? value : undefined;
  if (typeof value === 'string' || value.kind !== 'hash') return undefined;
  return value.fields.get(pattern.slice(arrow + 2));
}
