import { CommandError } from '../command-error.ts';
import { array, bulk, NO_REPLY, nil, nilArray } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { type TypeName, typeOf } from '../store/values.ts';
import { parseDouble } from './arguments.ts';
import { type End, endArg, popMany } from './list-ends.ts';
import { moveItem, popFirst, readManyPop } from './list-more.ts';
import type { CommandSpec } from './spec.ts';

/** Seconds, with a fraction; 0 waits without end. @returns milliseconds @throws CommandError */
export function timeoutArg(text: string): number {
  const seconds = parseDouble(text);
  if (seconds === undefined || seconds * 1000 > Number.MAX_SAFE_INTEGER) {
    throw new CommandError('ERR timeout is not a float or out of range');
  }
  if (seconds < 0) throw new CommandError('ERR timeout is negative');
  return Math.ceil(seconds * 1000);
}

/**
 * Tries to take now; if there is nothing, lets the client wait until a key appears or the time is over.
 * @param kind what the keys must hold: a client that waits is not served by a key of another type
 * @param take returns the encoded reply, or undefined when there is nothing; it is tried with all keys at
 *   first, then with each key that appears
 */
export function takeOrWait(
  session: Session,
  keys: readonly string[],
  timeoutMs: number,
  timeoutReply: string,
  kind: TypeName,
  take: (keys: readonly string[]) => string | undefined,
): string {
  const now = take(keys);
  if (now !== undefined) return now;
  const { server, db } = session;
  if (session.inExec || server.loading || !session.peer) return timeoutReply;
  const serve = (key: string) => {
    const value = db.peek(key);
    if (value === undefined || typeOf(value) !== kind) return undefined;
    return server.runForWaiting(db, () => take([key]));
  };
  server.blocking.block(session, { db, keys, serve, timeoutReply }, timeoutMs);
  return NO_REPLY;
}

function popping(name: 'blpop' | 'brpop', end: End, summary: string): CommandSpec {
  return {
    name,
    arity: -3,
    flags: ['write', 'noscript', 'blocking'],
    keys: { first: 1, last: -2, step: 1 },
    group: 'list',
    since: '2.0.0',
    summary,
    complexity: 'O(N), N being the number of keys',
    run(session, args) {
      const timeout = timeoutArg(args.at(-1)!);
      return takeOrWait(session, args.slice(1, -1), timeout, nilArray(session.resp), 'list', (keys) => {
        for (const key of keys) {
          const list = session.db.writableList(key);
          if (!list) continue;
          const [item] = popMany(session, key, list, end, 1);
          session.server.propagateAs([end === 'left' ? 'LPOP' : 'RPOP', key]);
          return array([bulk(key), bulk(item!)]);
        }
        return undefined;
      });
    },
  };
}

function moving(session: Session, args: readonly string[], out: End, into: End): string {
  const [, from, to] = args as readonly [string, string, string];
  const timeout = timeoutArg(args.at(-1)!);
  return takeOrWait(session, [from], timeout, nil(session.resp), 'list', () => {
    const item = moveItem(session, from, to, out, into);
    if (item === undefined) return undefined;
    session.server.propagateAs(['LMOVE', from, to, out.toUpperCase(), into.toUpperCase()]);
    return bulk(item);
  });
}

const blmove: CommandSpec = {
  name: 'blmove',
  arity: 6,
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'list',
  since: '6.2.0',
  summary: 'Moves an item from an end of one list to an end of another, and waits for one if need be.',
  complexity: 'O(1)',
  run: (session, args) => moving(session, args, endArg(args[3]!), endArg(args[4]!)),
};

const brpoplpush: CommandSpec = {
  name: 'brpoplpush',
  arity: 4,
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'list',
  since: '2.2.0',
  summary: 'Moves an item from the right end of one list to the left end of another, and waits if need be.',
  complexity: 'O(1)',
  run: (session, args) => moving(session, args, 'right', 'left'),
};

const blmpop: CommandSpec = {
  name: 'blmpop',
  arity: -5,
  flags: ['write', 'blocking', 'movablekeys'],
  countAt: 2,
  group: 'list',
  since: '7.0.0',
  summary: 'Takes items off the first of several lists that is there, and waits for one if need be.',
  complexity: 'O(N + M), N being the number of keys and M the number of items',
  run(session, args) {
    const timeout = timeoutArg(args[1]!);
    const { keys, where, count } = readManyPop(args, 2, endArg);
    return takeOrWait(session, keys, timeout, nilArray(session.resp), 'list', (some) =>
      popFirst(session, some, where, count),
    );
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages BLPOP, BRPOP, BLMOVE, BRPOPLPUSH,
 * BLMPOP.
 */
export const LIST_BLOCKING_COMMANDS: readonly CommandSpec[] = [
  popping(
    'blpop',
    'left',
    'Takes an item off the left end of the first list that is there, and waits for one if need be.',
  ),
  popping(
    'brpop',
    'right',
    'Takes an item off the right end of the first list that is there, and waits for one if need be.',
  ),
  blmove,
  brpoplpush,
  blmpop,
];
