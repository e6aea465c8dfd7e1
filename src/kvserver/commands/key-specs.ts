import { bulk, integer, map, type Resp, setOf, simple } from '../resp/reply.ts';
import { keyFlagGroups } from './key-flags.ts';
import type { CommandSpec } from './spec.ts';

/** The key specifications of a command, as COMMAND INFO returns them: one for each group of keys. */
export function keySpecs(spec: CommandSpec, resp: Resp): string {
  const groups = keyFlagGroups(spec);
  const encoded: string[] = [];
  if (spec.keys) {
    const { first, last, step } = spec.keys;
    // The first key alone when others are used in another way.
    const apart = groups.length > 1 && (last < 0 || last > first);
    const range = (from: number, to: number) => rangeSpec(resp, groups[encoded.length] ?? [], from, to, step);
    encoded.push(range(first, apart ? first : last));
    if (apart) encoded.push(range(first + 1, last));
  }
  if (spec.countAt !== undefined) {
    const flags = groups[encoded.length] ?? groups.at(-1)!;
    encoded.push(countSpec(resp, flags, spec.countAt));
  }
  return setOf(resp, encoded);
}

/** Keys from one place to another; a negative one counts from the end. */
function rangeSpec(resp: Resp, flags: readonly string[], first: number, last: number, step: number): string {
  return keySpec(resp, flags, first, 'range', [
    ['lastkey', last < 0 ? last : last - first],
    ['keystep', step],
    ['limit', 0],
  ]);
}

/** Keys behind their number. */
function countSpec(resp: Resp, flags: readonly string[], countAt: number): string {
  return keySpec(resp, flags, countAt, 'keynum', [
    ['keynumidx', 0],
    ['firstkey', 1],
    ['keystep', 1],
  ]);
}

function keySpec(
  resp: Resp,
  flags: readonly string[],
  index: number,
  type: 'range' | 'keynum',
  fields: readonly (readonly [string, number])[],
): string {
  const begin = map(resp, [
    bulk('type'),
    bulk('index'),
    bulk('spec'),
    map(resp, [bulk('index'), integer(index)]),
  ]);
  const spec = map(
    resp,
    fields.flatMap(([name, value]) => [bulk(name), integer(value)]),
  );
  return map(resp, [
    bulk('flags'),
    setOf(resp, flags.map(simple)),
    bulk('begin_search'),
    begin,
    bulk('find_keys'),
    map(resp, [bulk('type'), bulk(type), bulk('spec'), spec]),
  ]);
}
