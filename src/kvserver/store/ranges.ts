import type { SortedSet } from './sorted-set.ts';

/** Places in a sorted set: from `start` to before `end`. */
export interface Places {
  readonly start: number;
  readonly end: number;
}

interface Bound<T> {
  readonly value: T;
  /** The value itself is left out. */
  readonly open: boolean;
}
export type ScoreBound = Bound<number>;
/** Infinity stands for "+", -Infinity for "-". */
export type LexBound = Bound<string | number>;

/** Places between two indexes that may count from the end, both included. */
export function placesByIndex(size: number, from: number, to: number): Places {
  const start = Math.max(0, from < 0 ? from + size : from);
  const end = Math.min(size, (to < 0 ? to + size : to) + 1);
  return { start, end: Math.max(start, end) };
}

/** Places whose scores lie between two bounds. O(log N). */
export function placesByScore(sorted: SortedSet, min: ScoreBound, max: ScoreBound): Places {
  const start = sorted.countWhile(({ score }) => (min.open ? score <= min.value : score < min.value));
  const end = sorted.countWhile(({ score }) => (max.open ? score < max.value : score <= max.value));
  return { start, end: Math.max(start, end) };
}

/** Places whose members lie between two bounds; meant for members that have the same score. O(log N). */
export function placesByLex(sorted: SortedSet, min: LexBound, max: LexBound): Places {
  const start = sorted.countWhile(({ member }) => compareLex(member, min.value) < (min.open ? 1 : 0));
  const end = sorted.countWhile(({ member }) => compareLex(member, max.value) < (max.open ? 0 : 1));
  return { start, end: Math.max(start, end) };
}

function compareLex(member: string, bound: string | number): number {
  if (typeof bound === 'number') return bound > 0 ? -1 : 1;
  return member < bound ? -1 : member > bound ? 1 : 0;
}

/** Part of the places, as LIMIT asks for: counted from the side the reply begins at. */
export function limitPlaces(places: Places, reverse: boolean, offset: number, count: number): Places {
  const size = places.end - places.start;
  if (offset < 0 || offset >= size) return { start: places.start, end: places.start };
  const taken = count < 0 ? size - offset : Math.min(count, size - offset);
  const start = reverse ? places.end - offset - taken : places.start + offset;
  return { start, end: start + taken };
}
