import { CommandError } from '../command-error.ts';
import { integer } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { SetValue, SortedSetValue } from '../store/values.ts';
import { integerArg, rangedArg } from './arguments.ts';
import { parseScore } from './score.ts';
import type { CommandSpec } from './spec.ts';
import { scoredReply } from './zset-range-args.ts';

/** One input: a sorted set, or a set whose members all score 1. */
interface Source {
  readonly size: number;
  readonly weight: number;
  score(member: string): number | undefined;
  members(): readonly string[];
}

type Aggregate = (a: number, b: number) => number;
type Operation = (sources: readonly Source[], aggregate: Aggregate) => SortedSetValue;

/** Infinity less infinity, and nothing times infinity, count as 0 here. */
const orZero = (value: number) => (Number.isNaN(value) ? 0 : value);
const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  sum: (a, b) => orZero(a + b),
  min: Math.min,
  max: Math.max,
};

function sourceOf({ db }: Session, key: string, weight: number): Source {
  const value = db.read(key);
  if (value === undefined) return { size: 0, weight, score: () => undefined, members: () => [] };
  if (value instanceof SortedSetValue) {
    const { sorted } = value;
    return {
      size: sorted.size,
      weight,
      score: (one) => sorted.score(one),
      members: () => sorted.scores.toArray(),
    };
  }
  if (value instanceof SetValue) {
    const { members } = value;
    return {
      size: members.size,
      weight,
      score: (one) => (members.has(one) ? 1 : undefined),
      members: () => members.toArray(),
    };
  }
  throw CommandError.wrongType();
}

function weighted(source: Source, member: string): number | undefined {
  const score = source.score(member);
  return score === undefined ? undefined : orZero(score * source.weight);
}

/** O(N log N), N being the sum of all sizes. */
const union: Operation = (sources, aggregate) => {
  const totals = new Map<string, number>();
  for (const source of sources) {
    for (const member of source.members()) {
      const score = weighted(source, member)!;
      const before = totals.get(member);
      totals.set(member, before === undefined ? score : aggregate(before, score));
    }
  }
  const result = new SortedSetValue();
  for (const [member, score] of totals) result.sorted.set(member, score);
  return result;
};

/** O(N × K + M log M), N being the smallest size, K the number of inputs, M the size of the result. */
const intersection: Operation = (sources, aggregate) => {
  const result = new SortedSetValue();
  const ordered = [...sources].sort((a, b) => a.size - b.size);
  for (const member of ordered[0]!.members()) {
    let total: number | undefined;
    for (const source of ordered) {
      const score = weighted(source, member);
      if (score === undefined) {
        total = undefined;
        break;
      }
      total = total === undefined ? score : aggregate(total, score);
    }
    if (total !== undefined) result.sorted.set(member, total);
  }
  return result;
};

/** O(N × K + M log M), N being the first size. */
const difference: Operation = ([first, ...others]) => {
  const result = new SortedSetValue();
  for (const member of first!.members()) {
    if (!others.some((other) => other.score(member) !== undefined))
      result.sorted.set(member, first!.score(member)!);
  }
  return result;
};

interface Request {
  readonly sources: readonly Source[];
  readonly aggregate: Aggregate;
  readonly withScores: boolean;
}

/** Reads "numkeys key … [WEIGHTS …] [AGGREGATE …] [WITHSCORES]". @throws CommandError */
function readRequest(
  session: Session,
  args: readonly string[],
  at: number,
  name: string,
  weighable: boolean,
  storing: boolean,
): Request {
  const many = integerArg(args[at]!);
  if (many < 1) throw new CommandError(`ERR at least 1 input key is needed for '${name}' command`);
  if (many > args.length - at - 1) throw CommandError.syntax();
  const keys = args.slice(at + 1, at + 1 + many);
  const weights = keys.map(() => 1);
  let aggregate = AGGREGATES.sum!;
  let withScores = false;
  // Types are looked at before options.
  const sources = keys.map((key) => sourceOf(session, key, 1));
  for (let i = at + 1 + many; i < args.length; i++) {
    const word = args[i]!.toLowerCase();
    if (weighable && word === 'weights' && args.length - i - 1 >= many) {
      for (let k = 0; k < many; k++) {
        const weight = parseScore(args[++i]!);
        if (weight === undefined) throw new CommandError('ERR weight value is not a float');
        weights[k] = weight;
      }
    } else if (weighable && word === 'aggregate' && i + 1 < args.length) {
      const chosen = args[++i]!.toLowerCase();
      if (!Object.hasOwn(AGGREGATES, chosen)) throw CommandError.syntax();
      aggregate = AGGREGATES[chosen]!;
    } else if (!storing && word === 'withscores') withScores = true;
    else throw CommandError.syntax();
  }
  return { sources: sources.map((source, i) => ({ ...source, weight: weights[i]! })), aggregate, withScores };
}

function query(name: string, operation: Operation, weighable: boolean, summary: string): CommandSpec {
  return {
    name,
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    countAt: 1,
    group: 'sorted-set',
    since: '6.2.0',
    summary,
    complexity: 'O(N log N), N being the number of members looked at',
    run(session, args) {
      const { sources, aggregate, withScores } = readRequest(session, args, 1, name, weighable, false);
      const { sorted } = operation(sources, aggregate);
      return scoredReply(session.resp, sorted.range(0, sorted.size), withScores);
    },
  };
}

function store(
  name: 'zunionstore' | 'zinterstore' | 'zdiffstore',
  operation: Operation,
  weighable: boolean,
  summary: string,
): CommandSpec {
  return {
    name,
    arity: -4,
    flags: ['write', 'denyoom', 'movablekeys'],
    keys: { first: 1, last: 1, step: 1 },
    countAt: 2,
    group: 'sorted-set',
    since: weighable ? '2.0.0' : '6.2.0',
    summary,
    complexity: 'O(N log N), N being the number of members looked at',
    run(session, args) {
      const { db } = session;
      const target = args[1]!;
      const { sources, aggregate } = readRequest(session, args, 2, name, weighable, true);
      const result = operation(sources, aggregate);
      if (result.size > 0) {
        db.set(target, result);
        db.changed(target, name);
      } else if (db.delete(target)) db.changed(target, 'del');
      return integer(result.size);
    },
  };
}

const zintercard: CommandSpec = {
  name: 'zintercard',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  countAt: 1,
  group: 'sorted-set',
  since: '7.0.0',
  summary: 'Counts the members that all given sorted sets have, up to a limit.',
  complexity: 'O(N × K), N being the smallest size and K the number of inputs',
  run(session, args) {
    const many = integerArg(args[1]!);
    if (many < 1) throw new CommandError("ERR at least 1 input key is needed for 'zintercard' command");
    if (many > args.length - 2) throw CommandError.syntax();
    const sources = args.slice(2, 2 + many).map((key) => sourceOf(session, key, 1));
    let limit = 0;
    for (let i = 2 + many; i < args.length; i += 2) {
      if (args[i]!.toLowerCase() !== 'limit' || i + 1 >= args.length) throw CommandError.syntax();
      limit = rangedArg(args[i + 1]!, 0, 2 ** 63, "ERR LIMIT can't be negative");
    }
    const { size } = intersection(sources, Math.max);
    return integer(limit > 0 ? Math.min(limit, size) : size);
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages ZUNION, ZINTER, ZDIFF,
 * ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE, ZINTERCARD.
 */
export const ZSET_ALGEBRA_COMMANDS: readonly CommandSpec[] = [
  query('zunion', union, true, 'Returns the members that any given sorted set has.'),
  query('zinter', intersection, true, 'Returns the members that all given sorted sets have.'),
  query('zdiff', difference, false, 'Returns the members of the first sorted set that no other has.'),
  store('zunionstore', union, true, 'Stores the members that any given sorted set has.'),
  store('zinterstore', intersection, true, 'Stores the members that all given sorted sets have.'),
  store('zdiffstore', difference, false, 'Stores the members of the first sorted set that no other has.'),
  zintercard,
];
