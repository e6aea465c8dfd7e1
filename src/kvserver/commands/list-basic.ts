import { CommandError } from '../command-error.ts';
import { bulk, bulks, EMPTY_ARRAY, integer, nil, nilArray, OK, ZERO } from '../resp/reply.ts';
import { INT64_LIMIT, integerArg, rangedArg } from './arguments.ts';
import { type End, listForWrite, popMany, push } from './list-ends.ts';
import type { CommandSpec, Flag } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

/** An index that may count from the end. */
function absolute(index: number, length: number): number {
  return index < 0 ? index + length : index;
}

function command(
  name: string,
  arity: number,
  flags: readonly Flag[],
  since: string,
  summary: string,
  complexity: string,
  run: Run,
): CommandSpec {
  return { name, arity, flags, keys: ONE_KEY, group: 'list', since, summary, complexity, run };
}

function pushing(end: End, onlyExisting: boolean): Run {
  return (session, args) => {
    const key = args[1]!;
    if (onlyExisting && !session.db.writableList(key)) return ZERO;
    const list = listForWrite(session, key);
    for (let i = 2; i < args.length; i++) push(list, end, args[i]!);
    session.db.changed(key, end === 'left' ? 'lpush' : 'rpush');
    return integer(list.size);
  };
}

function popping(end: End): Run {
  return (session, args) => {
    const { db, resp } = session;
    if (args.length > 3) {
      throw new CommandError(
        `ERR wrong number of arguments for '${end === 'left' ? 'lpop' : 'rpop'}' command`,
      );
    }
    const single = args.length === 2;
    const count = single
      ? 1
      : rangedArg(args[2]!, 0, INT64_LIMIT, 'ERR value is out of range, must be positive');
    const list = db.writableList(args[1]!);
    if (!list) return single ? nil(resp) : nilArray(resp);
    if (count === 0) return EMPTY_ARRAY;
    const popped = popMany(session, args[1]!, list, end, count);
    return single ? bulk(popped[0]!) : bulks(popped);
  };
}

const lindex: Run = ({ db, resp }, args) => {
  const list = db.readList(args[1]!);
  if (!list) return nil(resp);
  const item = list.items.at(absolute(integerArg(args[2]!), list.size));
  return item === undefined ? nil(resp) : bulk(item);
};

const lset: Run = ({ db }, args) => {
  const key = args[1]!;
  const list = db.writableList(key);
  if (!list) throw new CommandError('ERR no such key');
  const index = absolute(integerArg(args[2]!), list.size);
  if (list.items.at(index) === undefined) throw new CommandError('ERR index out of range');
  list.items.replace(index, args[3]!);
  db.changed(key, 'lset');
  return OK;
};

const lrange: Run = ({ db }, args) => {
  const [start, end] = [integerArg(args[2]!), integerArg(args[3]!)];
  const list = db.readList(args[1]!);
  return list ? bulks(list.items.slice(absolute(start, list.size), absolute(end, list.size))) : EMPTY_ARRAY;
};

const linsert: Run = ({ db }, args) => {
  const [, key, where, pivot, item] = args as readonly [string, string, string, string, string];
  const word = where.toLowerCase();
  if (word !== 'before' && word !== 'after') throw CommandError.syntax();
  const list = db.writableList(key);
  if (!list) return ZERO;
  for (let i = 0; i < list.size; i++) {
    if (list.items.at(i) !== pivot) continue;
    list.items.insert(word === 'before' ? i : i + 1, item);
    db.changed(key, 'linsert');
    return integer(list.size);
  }
  return integer(-1);
};

const lrem: Run = ({ db }, args) => {
  const key = args[1]!;
  const wanted = integerArg(args[2]!);
  const list = db.writableList(key);
  if (!list) return ZERO;
  const { items } = list;
  const limit = wanted === 0 ? Number.POSITIVE_INFINITY : Math.abs(wanted);
  let removed = 0;
  if (wanted < 0) {
    for (let i = items.length - 1; i >= 0 && removed < limit; i--) {
      if (items.at(i) !== args[3]) continue;
      items.remove(i);
      removed++;
    }
  } else {
    for (let i = 0; i < items.length && removed < limit; ) {
      if (items.at(i) !== args[3]) i++;
      else {
        items.remove(i);
        removed++;
      }
    }
  }
  if (removed > 0) {
    db.changed(key, 'lrem');
    db.deleteIfEmpty(key, list);
  }
  return integer(removed);
};

const ltrim: Run = ({ db }, args) => {
  const key = args[1]!;
  const [from, to] = [integerArg(args[2]!), integerArg(args[3]!)];
  const list = db.writableList(key);
  if (!list) return OK;
  const start = Math.max(0, absolute(from, list.size));
  const end = Math.min(list.size - 1, absolute(to, list.size));
  const dropRight = start > end ? list.size : list.size - 1 - end;
  const dropLeft = start > end ? 0 : start;
  for (let i = 0; i < dropRight; i++) list.items.popRight();
  for (let i = 0; i < dropLeft; i++) list.items.popLeft();
  db.changed(key, 'ltrim');
  db.deleteIfEmpty(key, list);
  return OK;
};

const WRITE_FAST: readonly Flag[] = ['write', 'denyoom', 'fast'];

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages LPUSH, RPUSH, LPUSHX, RPUSHX,
 * LPOP, RPOP, LLEN, LINDEX, LSET, LRANGE, LINSERT, LREM, LTRIM.
 */
export const LIST_BASIC_COMMANDS: readonly CommandSpec[] = [
  command(
    'lpush',
    -3,
    WRITE_FAST,
    '1.0.0',
    'Adds items to the left end.',
    'O(1) an item',
    pushing('left', false),
  ),
  command(
    'rpush',
    -3,
    WRITE_FAST,
    '1.0.0',
    'Adds items to the right end.',
    'O(1) an item',
    pushing('right', false),
  ),
  command(
    'lpushx',
    -3,
    WRITE_FAST,
    '2.2.0',
    'Adds items to the left end of a list that exists.',
    'O(1) an item',
    pushing('left', true),
  ),
  command(
    'rpushx',
    -3,
    WRITE_FAST,
    '2.2.0',
    'Adds items to the right end of a list that exists.',
    'O(1) an item',
    pushing('right', true),
  ),
  command(
    'lpop',
    -2,
    ['write', 'fast'],
    '1.0.0',
    'Takes items off the left end.',
    'O(1) an item',
    popping('left'),
  ),
  command(
    'rpop',
    -2,
    ['write', 'fast'],
    '1.0.0',
    'Takes items off the right end.',
    'O(1) an item',
    popping('right'),
  ),
  command('llen', 2, ['readonly', 'fast'], '1.0.0', 'Counts the items.', 'O(1)', ({ db }, args) =>
    integer(db.readList(args[1]!)?.size ?? 0),
  ),
  command('lindex', 3, ['readonly'], '1.0.0', 'Returns the item at an index.', 'O(1)', lindex),
  command('lset', 4, ['write', 'denyoom'], '1.0.0', 'Replaces the item at an index.', 'O(1)', lset),
  command(
    'lrange',
    4,
    ['readonly'],
    '1.0.0',
    'Returns the items between two indexes.',
    'O(N), N being the number of items returned',
    lrange,
  ),
  command(
    'linsert',
    5,
    ['write', 'denyoom'],
    '2.2.0',
    'Puts an item before or after another one.',
    'O(N), N being the length',
    linsert,
  ),
  command(
    'lrem',
    4,
    ['write'],
    '1.0.0',
    'Removes items that are equal to one.',
    'O(N), N being the length; moving items costs as much for each match',
    lrem,
  ),
  command(
    'ltrim',
    4,
    ['write'],
    '1.0.0',
    'Keeps the items between two indexes.',
    'O(N), N being the number of items removed',
    ltrim,
  ),
];
