import { EMPTY_ARRAY, integer, ZERO } from '../resp/reply.ts';
import { SortedSetValue } from '../store/values.ts';
import type { CommandSpec } from './spec.ts';
import {
  membersAt,
  type RangeForm,
  type RangeKind,
  rangeFinder,
  readRange,
  scoredReply,
} from './zset-range-args.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

function range(name: string, since: string, form: RangeForm, summary: string): CommandSpec {
  return {
    name,
    arity: -4,
    flags: ['readonly'],
    keys: ONE_KEY,
    group: 'sorted-set',
    since,
    summary,
    complexity: 'O(log N + M), M being the number of members returned',
    run({ db, resp }, args) {
      const request = readRange(args, 2, form);
      const sorted = db.readSortedSet(args[1]!)?.sorted;
      if (!sorted) return EMPTY_ARRAY;
      return scoredReply(
        resp,
        membersAt(sorted, request.places(sorted), request.reverse),
        request.withScores,
      );
    },
  };
}

const zrangestore: CommandSpec = {
  name: 'zrangestore',
  arity: -5,
  flags: ['write', 'denyoom'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Stores the members of a range under another key.',
  complexity: 'O(log N + M log M), M being the number of members stored',
  run({ db }, args) {
    const target = args[1]!;
    const request = readRange(args, 3, { storing: true });
    const sorted = db.readSortedSet(args[2]!)?.sorted;
    const result = new SortedSetValue();
    if (sorted) {
      for (const { member, score } of membersAt(sorted, request.places(sorted), request.reverse)) {
        result.sorted.set(member, score);
      }
    }
    if (result.size > 0) {
      db.set(target, result);
      db.changed(target, 'zrangestore');
    } else if (db.delete(target)) db.changed(target, 'del');
    return integer(result.size);
  },
};

function counting(name: string, since: string, kind: RangeKind, summary: string): CommandSpec {
  return {
    name,
    arity: 4,
    flags: ['readonly', 'fast'],
    keys: ONE_KEY,
    group: 'sorted-set',
    since,
    summary,
    complexity: 'O(log N)',
    run({ db }, args) {
      const find = rangeFinder(kind, args[2]!, args[3]!, false);
      const sorted = db.readSortedSet(args[1]!)?.sorted;
      if (!sorted) return ZERO;
      const { start, end } = find(sorted);
      return integer(end - start);
    },
  };
}

function removing(name: string, since: string, kind: RangeKind, summary: string): CommandSpec {
  return {
    name,
    arity: 4,
    flags: ['write'],
    keys: ONE_KEY,
    group: 'sorted-set',
    since,
    summary,
    complexity: 'O(log N + M log N), M being the number of members removed',
    run({ db }, args) {
      const key = args[1]!;
      const find = rangeFinder(kind, args[2]!, args[3]!, false);
      const value = db.writableSortedSet(key);
      if (!value) return ZERO;
      const gone = membersAt(value.sorted, find(value.sorted), false);
      for (const { member } of gone) value.sorted.delete(member);
      if (gone.length > 0) {
        db.changed(key, kind === 'index' ? 'zremrangebyrank' : `zremrangeby${kind}`);
        db.deleteIfEmpty(key, value);
      }
      return integer(gone.length);
    },
  };
}

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages ZRANGE, ZREVRANGE, ZRANGEBYSCORE,
 * ZREVRANGEBYSCORE, ZRANGEBYLEX, ZREVRANGEBYLEX, ZRANGESTORE, ZCOUNT, ZLEXCOUNT, ZREMRANGEBYRANK,
 * ZREMRANGEBYSCORE, ZREMRANGEBYLEX.
 */
export const ZSET_RANGE_COMMANDS: readonly CommandSpec[] = [
  range('zrange', '1.2.0', {}, 'Returns members by place, score or bytes.'),
  range(
    'zrevrange',
    '1.2.0',
    { kind: 'index', reverse: true },
    'Returns members by place, the highest score first.',
  ),
  range(
    'zrangebyscore',
    '1.0.5',
    { kind: 'score', reverse: false },
    'Returns the members between two scores.',
  ),
  range(
    'zrevrangebyscore',
    '2.2.0',
    { kind: 'score', reverse: true },
    'Returns the members between two scores, the highest first.',
  ),
  range(
    'zrangebylex',
    '2.8.9',
    { kind: 'lex', reverse: false },
    'Returns the members between two byte strings.',
  ),
  range(
    'zrevrangebylex',
    '2.8.9',
    { kind: 'lex', reverse: true },
    'Returns the members between two byte strings, the last first.',
  ),
  zrangestore,
  counting('zcount', '2.0.0', 'score', 'Counts the members between two scores.'),
  counting('zlexcount', '2.8.9', 'lex', 'Counts the members between two byte strings.'),
  removing('zremrangebyrank', '2.0.0', 'index', 'Removes the members between two places.'),
  removing('zremrangebyscore', '1.2.0', 'score', 'Removes the members between two scores.'),
  removing('zremrangebylex', '2.8.9', 'lex', 'Removes the members between two byte strings.'),
];
