import { CommandError } from '../command-error.ts';
import { double, integer, nil, type Resp, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { SortedSetValue } from '../store/values.ts';
import { formatScore, scoreArg } from './score.ts';
import type { CommandSpec, Flag } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

export function scoreReply(resp: Resp, score: number): string {
  return double(resp, formatScore(score));
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
  return { name, arity, flags, keys: ONE_KEY, group: 'sorted-set', since, summary, complexity, run };
}

interface AddOptions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
  ch: boolean;
  incr: boolean;
}

/** Reads the options before the scores. @returns where the scores begin @throws CommandError */
function readOptions(args: readonly string[]): { options: AddOptions; at: number } {
  const options: AddOptions = { nx: false, xx: false, gt: false, lt: false, ch: false, incr: false };
  let at = 2;
  for (; at < args.length; at++) {
    const word = args[at]!.toLowerCase();
    if (!Object.hasOwn(options, word)) break;
    options[word as keyof AddOptions] = true;
  }
  const left = args.length - at;
  if (left === 0 || left % 2 !== 0) throw CommandError.syntax();
  const { nx, xx, gt, lt, incr } = options;
  if (nx && xx) throw new CommandError('ERR XX and NX options at the same time are not compatible');
  if ((gt && nx) || (lt && nx) || (gt && lt)) {
    throw new CommandError('ERR GT, LT, and/or NX options at the same time are not compatible');
  }
  if (incr && left > 2) throw new CommandError('ERR INCR option supports a single increment-element pair');
  return { options, at };
}

/** The score a member shall get; undefined when the options forbid the change. @throws CommandError for NaN */
function newScore(before: number | undefined, given: number, options: AddOptions): number | undefined {
  if (before === undefined) return options.xx ? undefined : given;
  if (options.nx) return undefined;
  const score = options.incr ? before + given : given;
  if (Number.isNaN(score)) throw new CommandError('ERR resulting score is not a number (NaN)');
  if ((options.gt && score <= before) || (options.lt && score >= before)) return undefined;
  return score;
}

function add(session: Session, args: readonly string[], options: AddOptions, at: number): string {
  const { db, resp } = session;
  const key = args[1]!;
  const pairs: [score: number, member: string][] = [];
  for (let i = at; i < args.length; i += 2) pairs.push([scoreArg(args[i]!), args[i + 1]!]);
  let value = db.writableSortedSet(key);
  if (!value && options.xx) return options.incr ? nil(resp) : ZERO;
  const made = value === undefined;
  value ??= new SortedSetValue();
  let added = 0;
  let changed = 0;
  let last: number | undefined;
  for (const [given, member] of pairs) {
    const before = value.sorted.score(member);
    const score = newScore(before, given, options);
    last = score;
    if (score === undefined || score === before) continue;
    value.sorted.set(member, score);
    if (before === undefined) added++;
    else changed++;
  }
  if (made && value.size > 0) db.put(key, value);
  if (added + changed > 0) db.changed(key, options.incr ? 'zincr' : 'zadd');
  if (options.incr) return last === undefined ? nil(resp) : scoreReply(resp, last);
  return integer(options.ch ? added + changed : added);
}

const zadd: Run = (session, args) => {
  const { options, at } = readOptions(args);
  return add(session, args, options, at);
};

const zincrby: Run = (session, args) => {
  const options = { nx: false, xx: false, gt: false, lt: false, ch: false, incr: true };
  return add(session, ['zincrby', args[1]!, args[2]!, args[3]!], options, 2);
};

const zrem: Run = ({ db }, args) => {
  const key = args[1]!;
  const value = db.writableSortedSet(key);
  if (!value) return ZERO;
  let removed = 0;
  for (let i = 2; i < args.length; i++) if (value.sorted.delete(args[i]!)) removed++;
  if (removed > 0) {
    db.changed(key, 'zrem');
    db.deleteIfEmpty(key, value);
  }
  return integer(removed);
};

const zscore: Run = ({ db, resp }, args) => {
  const score = db.readSortedSet(args[1]!)?.sorted.score(args[2]!);
  return score === undefined ? nil(resp) : scoreReply(resp, score);
};

const zmscore: Run = ({ db, resp }, args) => {
  const sorted = db.readSortedSet(args[1]!)?.sorted;
  let out = `*${args.length - 2}\r\n`;
  for (let i = 2; i < args.length; i++) {
    const score = sorted?.score(args[i]!);
    out += score === undefined ? nil(resp) : scoreReply(resp, score);
  }
  return out;
};

function ranking(reverse: boolean): Run {
  return ({ db, resp }, args) => {
    const sorted = db.readSortedSet(args[1]!)?.sorted;
    const rank = sorted?.rank(args[2]!);
    if (!sorted || rank === undefined) return nil(resp);
    return integer(reverse ? sorted.size - 1 - rank : rank);
  };
}

const READ_FAST: readonly Flag[] = ['readonly', 'fast'];
const WRITE_FAST: readonly Flag[] = ['write', 'denyoom', 'fast'];

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages ZADD, ZINCRBY, ZREM, ZCARD,
 * ZSCORE, ZMSCORE, ZRANK, ZREVRANK.
 */
export const ZSET_BASIC_COMMANDS: readonly CommandSpec[] = [
  command(
    'zadd',
    -4,
    WRITE_FAST,
    '1.2.0',
    'Adds members with their scores, or gives them new scores.',
    'O(log N) a member',
    zadd,
  ),
  command('zincrby', 4, WRITE_FAST, '1.2.0', 'Adds to the score of a member.', 'O(log N)', zincrby),
  command('zrem', -3, ['write', 'fast'], '1.2.0', 'Removes members.', 'O(log N) a member', zrem),
  command('zcard', 2, READ_FAST, '1.2.0', 'Counts the members.', 'O(1)', ({ db }, args) =>
    integer(db.readSortedSet(args[1]!)?.size ?? 0),
  ),
  command('zscore', 3, READ_FAST, '1.2.0', 'Returns the score of a member.', 'O(1)', zscore),
  command(
    'zmscore',
    -3,
    READ_FAST,
    '6.2.0',
    'Returns the scores of several members.',
    'O(1) a member',
    zmscore,
  ),
  command(
    'zrank',
    3,
    READ_FAST,
    '2.0.0',
    'Returns the place of a member, the lowest score first.',
    'O(log N)',
    ranking(false),
  ),
  command(
    'zrevrank',
    3,
    READ_FAST,
    '2.0.0',
    'Returns the place of a member, the highest score first.',
    'O(log N)',
    ranking(true),
  ),
];
