import { CommandError } from '../command-error.ts';
import { array, bulk, bulks, integer, nil, nilArray } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { INT64_LIMIT, integerArg, rangedArg } from './arguments.ts';
import { type End, endArg, listForWrite, popMany, push } from './list-ends.ts';
import type { CommandSpec } from './spec.ts';

const RANK_ZERO =
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list";

/** Moves one item from an end of a list to an end of another, or of the same. @returns it, if there was one */
export function moveItem(
  session: Session,
  from: string,
  to: string,
  out: End,
  into: End,
): string | undefined {
  const { db } = session;
  const source = db.writableList(from);
  if (!source) return undefined;
  // The target's type is checked before anything is taken.
  db.writableList(to);
  const item = out === 'left' ? source.items.popLeft()! : source.items.popRight()!;
  push(listForWrite(session, to), into, item);
  db.changed(to, into === 'left' ? 'lpush' : 'rpush');
  db.changed(from, out === 'left' ? 'lpop' : 'rpop');
  db.deleteIfEmpty(from, source);
  return item;
}

/** Takes items from the first of several lists that is there. */
export function popFirst(
  session: Session,
  keys: readonly string[],
  end: End,
  count: number,
): string | undefined {
  for (const key of keys) {
    const list = session.db.writableList(key);
    if (!list) continue;
    const popped = popMany(session, key, list, end, count);
    session.server.propagateAs([end === 'left' ? 'LPOP' : 'RPOP', key, String(popped.length)]);
    return array([bulk(key), bulks(popped)]);
  }
  return undefined;
}

/** "numkeys key … LEFT|RIGHT [COUNT n]" from an argument on. @throws CommandError */
export function readManyPop<T>(
  args: readonly string[],
  at: number,
  readWhere: (word: string) => T,
): { keys: readonly string[]; where: T; count: number } {
  const many = rangedArg(args[at]!, 1, INT64_LIMIT, 'ERR numkeys should be greater than 0');
  const after = at + 1 + many;
  const word = args[after];
  if (word === undefined) throw CommandError.syntax();
  const where = readWhere(word);
  let count = 1;
  if (args.length > after + 1) {
    if (args.length !== after + 3 || args[after + 1]!.toLowerCase() !== 'count') throw CommandError.syntax();
    count = rangedArg(args[after + 2]!, 1, INT64_LIMIT, 'ERR count should be greater than 0');
  }
  return { keys: args.slice(at + 1, after), where, count };
}

const lmove: CommandSpec = {
  name: 'lmove',
  arity: 5,
  flags: ['write', 'denyoom'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'list',
  since: '6.2.0',
  summary: 'Moves an item from an end of one list to an end of another.',
  complexity: 'O(1)',
  run(session, args) {
    const [out, into] = [endArg(args[3]!), endArg(args[4]!)];
    const item = moveItem(session, args[1]!, args[2]!, out, into);
    return item === undefined ? nil(session.resp) : bulk(item);
  },
};

const rpoplpush: CommandSpec = {
  name: 'rpoplpush',
  arity: 3,
  flags: ['write', 'denyoom'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'list',
  since: '1.2.0',
  summary: 'Moves an item from the right end of one list to the left end of another.',
  complexity: 'O(1)',
  run(session, args) {
    const item = moveItem(session, args[1]!, args[2]!, 'right', 'left');
    return item === undefined ? nil(session.resp) : bulk(item);
  },
};

const lmpop: CommandSpec = {
  name: 'lmpop',
  arity: -4,
  flags: ['write', 'movablekeys'],
  countAt: 1,
  group: 'list',
  since: '7.0.0',
  summary: 'Takes items off the first of several lists that is there.',
  complexity: 'O(N + M), N being the number of keys and M the number of items',
  run(session, args) {
    const { keys, where, count } = readManyPop(args, 1, endArg);
    return popFirst(session, keys, where, count) ?? nilArray(session.resp);
  },
};

const lpos: CommandSpec = {
  name: 'lpos',
  arity: -3,
  flags: ['readonly'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'list',
  since: '6.0.6',
  summary: 'Returns where an item is in a list.',
  complexity: 'O(N), N being the length',
  run({ db, resp }, args) {
    let rank = 1;
    let count: number | undefined;
    let maxLength = 0;
    for (let i = 3; i < args.length; i += 2) {
      const word = args[i]!.toLowerCase();
      const value = args[i + 1];
      if (value === undefined) throw CommandError.syntax();
      if (word === 'rank') {
        rank = integerArg(value);
        if (rank === 0) throw new CommandError(RANK_ZERO);
      } else if (word === 'count') {
        count = rangedArg(value, 0, INT64_LIMIT, "ERR COUNT can't be negative");
      } else if (word === 'maxlen') {
        maxLength = rangedArg(value, 0, INT64_LIMIT, "ERR MAXLEN can't be negative");
      } else throw CommandError.syntax();
    }
    const items = db.readList(args[1]!)?.items;
    const length = items?.length ?? 0;
    const looks = maxLength === 0 ? length : Math.min(length, maxLength);
    const wanted = count === undefined ? 1 : count === 0 ? Number.POSITIVE_INFINITY : count;
    const found: number[] = [];
    let skip = Math.abs(rank) - 1;
    for (let step = 0; step < looks && found.length < wanted; step++) {
      const at = rank > 0 ? step : length - 1 - step;
      if (items!.at(at) !== args[2]) continue;
      if (skip > 0) skip--;
      else found.push(at);
    }
    if (count !== undefined) return array(found.map(integer));
    return found[0] === undefined ? nil(resp) : integer(found[0]);
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages LMOVE, RPOPLPUSH, LMPOP, LPOS. */
export const LIST_MORE_COMMANDS: readonly CommandSpec[] = [lmove, rpoplpush, lmpop, lpos];
