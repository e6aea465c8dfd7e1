import { CommandError } from '../command-error.ts';
import { integer, set } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { SetValue } from '../store/values.ts';
import { INT64_LIMIT, integerArg, rangedArg } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

type StoreName = 'sinterstore' | 'sunionstore' | 'sdiffstore';
type Operation = (sets: readonly (SetValue | undefined)[]) => Iterable<string>;

/** Walks the smallest set and asks the others. O(N × M), N being the smallest size and M the number of sets. */
function* intersection(sets: readonly (SetValue | undefined)[]): Generator<string> {
  if (sets.some((one) => one === undefined)) return;
  const [smallest, ...others] = [...(sets as readonly SetValue[])].sort(
    (a, b) => a.members.size - b.members.size,
  );
  for (const member of smallest!.members.toArray()) {
    if (others.every((other) => other.members.has(member))) yield member;
  }
}

/** O(N), N being the sum of all sizes. */
function union(sets: readonly (SetValue | undefined)[]): Iterable<string> {
  const all = new Set<string>();
  for (const one of sets) for (const member of one?.members.toArray() ?? []) all.add(member);
  return all;
}

/** O(N × M), N being the size of the first set and M the number of sets. */
function* difference(sets: readonly (SetValue | undefined)[]): Generator<string> {
  const [first, ...others] = sets;
  for (const member of first?.members.toArray() ?? []) {
    if (!others.some((other) => other?.members.has(member))) yield member;
  }
}

function query(name: string, operation: Operation, summary: string, complexity: string): CommandSpec {
  return {
    name,
    arity: -2,
    flags: ['readonly'],
    keys: { first: 1, last: -1, step: 1 },
    group: 'set',
    since: '1.0.0',
    summary,
    complexity,
    run: ({ db, resp }, args) => set(resp, [...operation(args.slice(1).map((key) => db.readSet(key)))]),
  };
}

function store(name: StoreName, operation: Operation, summary: string, complexity: string): CommandSpec {
  return {
    name,
    arity: -3,
    flags: ['write', 'denyoom'],
    keys: { first: 1, last: -1, step: 1 },
    group: 'set',
    since: '1.0.0',
    summary,
    complexity,
    run: (session, args) => storeResult(session, name, args[1]!, operation, args.slice(2)),
  };
}

function storeResult(
  { db }: Session,
  name: StoreName,
  target: string,
  operation: Operation,
  sources: readonly string[],
): string {
  const result = new SetValue();
  for (const member of operation(sources.map((key) => db.readSet(key)))) result.members.add(member);
  if (result.members.size > 0) {
    db.set(target, result);
    db.changed(target, name);
  } else if (db.delete(target)) {
    db.changed(target, 'del');
  }
  return integer(result.members.size);
}

const sintercard: CommandSpec = {
  name: 'sintercard',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  countAt: 1,
  group: 'set',
  since: '7.0.0',
  summary: 'Counts the members that all given sets have, up to a limit.',
  complexity: 'O(N × M), N being the smallest size and M the number of sets',
  run({ db }, args) {
    const many = rangedArg(args[1]!, 1, INT64_LIMIT, 'ERR numkeys should be greater than 0');
    if (many > args.length - 2)
      throw new CommandError("ERR Number of keys can't be greater than number of args");
    let limit = 0;
    for (let i = 2 + many; i < args.length; i += 2) {
      if (args[i]!.toLowerCase() !== 'limit' || i + 1 >= args.length) throw CommandError.syntax();
      limit = integerArg(args[i + 1]!, "ERR LIMIT can't be negative");
      if (limit < 0) throw new CommandError("ERR LIMIT can't be negative");
    }
    let count = 0;
    for (const _ of intersection(args.slice(2, 2 + many).map((key) => db.readSet(key)))) {
      if (++count === limit) break;
    }
    return integer(count);
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages SINTER, SUNION, SDIFF,
 * SINTERSTORE, SUNIONSTORE, SDIFFSTORE, SINTERCARD.
 */
export const SET_ALGEBRA_COMMANDS: readonly CommandSpec[] = [
  query(
    'sinter',
    intersection,
    'Returns the members that all given sets have.',
    'O(N × M), N being the smallest size',
  ),
  query('sunion', union, 'Returns the members that any given set has.', 'O(N), N being the sum of all sizes'),
  query(
    'sdiff',
    difference,
    'Returns the members of the first set that no other has.',
    'O(N × M), N being the first size',
  ),
  store(
    'sinterstore',
    intersection,
    'Stores the members that all given sets have.',
    'O(N × M), N being the smallest size',
  ),
  store(
    'sunionstore',
    union,
    'Stores the members that any given set has.',
    'O(N), N being the sum of all sizes',
  ),
  store(
    'sdiffstore',
    difference,
    'Stores the members of the first set that no other has.',
    'O(N × M), N being the first size',
  ),
  sintercard,
];
