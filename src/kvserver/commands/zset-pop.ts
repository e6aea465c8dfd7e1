import { CommandError } from '../command-error.ts';
import { array, bulk, EMPTY_ARRAY, nilArray } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import type { Scored } from '../store/sorted-set.ts';
import type { SortedSetValue } from '../store/values.ts';
import { INT64_LIMIT, rangedArg } from './arguments.ts';
import { takeOrWait, timeoutArg } from './list-blocking.ts';
import { readManyPop } from './list-more.ts';
import type { CommandSpec } from './spec.ts';
import { scoreReply } from './zset-basic.ts';
import { scoredReply } from './zset-range-args.ts';

type Side = 'min' | 'max';

function sideArg(word: string): Side {
  const lower = word.toLowerCase();
  if (lower !== 'min' && lower !== 'max') throw CommandError.syntax();
  return lower;
}

/** Takes up to `count` members off one side; the key goes with the last one. */
function pop(
  { db, server }: Session,
  key: string,
  value: SortedSetValue,
  side: Side,
  count: number,
): Scored[] {
  const { sorted } = value;
  const popped = side === 'min' ? sorted.range(0, count) : sorted.range(sorted.size - 1, count, true);
  for (const { member } of popped) sorted.delete(member);
  db.changed(key, `zpop${side}`);
  db.deleteIfEmpty(key, value);
  server.propagateAs([side === 'min' ? 'ZPOPMIN' : 'ZPOPMAX', key, String(popped.length)]);
  return popped;
}

function popping(side: Side, summary: string): CommandSpec {
  return {
    name: `zpop${side}`,
    arity: -2,
    flags: ['write', 'fast'],
    keys: { first: 1, last: 1, step: 1 },
    group: 'sorted-set',
    since: '5.0.0',
    summary,
    complexity: 'O(M log N), M being the number of members taken',
    run(session, args) {
      const { db, resp } = session;
      if (args.length > 3) throw CommandError.syntax();
      const counted = args.length === 3;
      const message = 'ERR value is out of range, must be positive';
      const count = counted ? rangedArg(args[2]!, 0, INT64_LIMIT, message) : 1;
      const value = db.writableSortedSet(args[1]!);
      if (!value || count === 0) return EMPTY_ARRAY;
      const popped = pop(session, args[1]!, value, side, count);
      if (counted) return scoredReply(resp, popped, true);
      const [one] = popped as [Scored];
      return array([bulk(one.member), scoreReply(resp, one.score)]);
    },
  };
}

function blocking(side: Side, summary: string): CommandSpec {
  return {
    name: `bzpop${side}`,
    arity: -3,
    flags: ['write', 'noscript', 'fast', 'blocking'],
    keys: { first: 1, last: -2, step: 1 },
    group: 'sorted-set',
    since: '5.0.0',
    summary,
    complexity: 'O(log N)',
    run(session, args) {
      const { resp, db } = session;
      const timeout = timeoutArg(args.at(-1)!);
      return takeOrWait(session, args.slice(1, -1), timeout, nilArray(resp), 'zset', (keys) => {
        for (const key of keys) {
          const value = db.writableSortedSet(key);
          if (!value) continue;
          const [one] = pop(session, key, value, side, 1) as [Scored];
          return array([bulk(key), bulk(one.member), scoreReply(resp, one.score)]);
        }
        return undefined;
      });
    },
  };
}

/** Takes members off the first of several sorted sets that is there. */
function popFirst(session: Session, keys: readonly string[], side: Side, count: number): string | undefined {
  const { resp } = session;
  for (const key of keys) {
    const value = session.db.writableSortedSet(key);
    if (!value) continue;
    const popped = pop(session, key, value, side, count);
    const pairs = popped.map(({ member, score }) => array([bulk(member), scoreReply(resp, score)]));
    return array([bulk(key), array(pairs)]);
  }
  return undefined;
}

const zmpop: CommandSpec = {
  name: 'zmpop',
  arity: -4,
  flags: ['write', 'movablekeys'],
  countAt: 1,
  group: 'sorted-set',
  since: '7.0.0',
  summary: 'Takes members off the first of several sorted sets that is there.',
  complexity: 'O(K + M log N), K being the number of keys and M that of the members taken',
  run(session, args) {
    const { keys, where, count } = readManyPop(args, 1, sideArg);
    return popFirst(session, keys, where, count) ?? nilArray(session.resp);
  },
};

const bzmpop: CommandSpec = {
  name: 'bzmpop',
  arity: -5,
  flags: ['write', 'blocking', 'movablekeys'],
  countAt: 2,
  group: 'sorted-set',
  since: '7.0.0',
  summary: 'Takes members off the first of several sorted sets that is there, and waits for one if need be.',
  complexity: 'O(K + M log N), K being the number of keys and M that of the members taken',
  run(session, args) {
    const timeout = timeoutArg(args[1]!);
    const { keys, where, count } = readManyPop(args, 2, sideArg);
    return takeOrWait(session, keys, timeout, nilArray(session.resp), 'zset', (some) =>
      popFirst(session, some, where, count),
    );
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages ZPOPMIN, ZPOPMAX, BZPOPMIN,
 * BZPOPMAX, ZMPOP, BZMPOP.
 */
export const ZSET_POP_COMMANDS: readonly CommandSpec[] = [
  popping('min', 'Takes the members with the lowest scores.'),
  popping('max', 'Takes the members with the highest scores.'),
  blocking('min', 'Takes the member with the lowest score, and waits for one if need be.'),
  blocking('max', 'Takes the member with the highest score, and waits for one if need be.'),
  zmpop,
  bzmpop,
];
