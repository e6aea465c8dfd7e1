import { CommandError } from '../command-error.ts';
import { array, bulk, bulks, type Resp } from '../resp/reply.ts';
import {
  type LexBound,
  limitPlaces,
  type Places,
  placesByIndex,
  placesByLex,
  placesByScore,
  type ScoreBound,
} from '../store/ranges.ts';
import type { Scored, SortedSet } from '../store/sorted-set.ts';
import { integerArg } from './arguments.ts';
import { formatScore, parseScore } from './score.ts';
import { scoreReply } from './zset-basic.ts';

export type RangeKind = 'index' | 'score' | 'lex';

/** A range of a sorted set as a command asks for it; it is looked up once the set is known. */
export interface RangeRequest {
  readonly reverse: boolean;
  readonly withScores: boolean;
  places(sorted: SortedSet): Places;
}

/** "5", "(5", "-inf". @throws CommandError */
export function scoreBound(text: string): ScoreBound {
  const open = text.startsWith('(');
  const number = open ? text.slice(1) : text;
  // An empty number is 0, as C's strtod reads it.
  const value = number === '' ? 0 : parseScore(number);
  if (value === undefined) throw new CommandError('ERR min or max is not a float');
  return { value, open };
}

/** "[a", "(a", "-", "+". @throws CommandError */
export function lexBound(text: string): LexBound {
  if (text === '-') return { value: Number.NEGATIVE_INFINITY, open: false };
  if (text === '+') return { value: Number.POSITIVE_INFINITY, open: false };
  if (!/^[[(]/.test(text)) throw new CommandError('ERR min or max not valid string range item');
  return { value: text.slice(1), open: text.startsWith('(') };
}

/** A function that finds the places between two arguments. @throws CommandError */
export function rangeFinder(
  kind: RangeKind,
  first: string,
  second: string,
  reverse: boolean,
): (sorted: SortedSet) => Places {
  if (kind === 'index') {
    const [from, to] = [integerArg(first), integerArg(second)];
    return ({ size }) => {
      const { start, end } = placesByIndex(size, from, to);
      return reverse ? { start: size - end, end: size - start } : { start, end };
    };
  }
  // Backwards, the upper bound is given first.
  const [low, high] = reverse ? [second, first] : [first, second];
  if (kind === 'score') {
    const [min, max] = [scoreBound(low), scoreBound(high)];
    return (sorted) => placesByScore(sorted, min, max);
  }
  const [min, max] = [lexBound(low), lexBound(high)];
  return (sorted) => placesByLex(sorted, min, max);
}

/** What a command fixes of a range by its name; undefined where an option may say it. */
export interface RangeForm {
  readonly kind?: RangeKind;
  readonly reverse?: boolean;
  /** A result that is stored has its scores anyway. */
  readonly storing?: boolean;
}

/** Reads "first second [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]". @throws CommandError */
export function readRange(args: readonly string[], at: number, form: RangeForm): RangeRequest {
  let kind = form.kind;
  let reverse = form.reverse;
  let withScores = false;
  let limit: { offset: number; count: number } | undefined;
  for (let i = at + 2; i < args.length; i++) {
    const word = args[i]!.toLowerCase();
    if (word === 'withscores' && !form.storing) withScores = true;
    else if (word === 'limit' && i + 2 < args.length) {
      limit = { offset: integerArg(args[i + 1]!), count: integerArg(args[i + 2]!) };
      i += 2;
    } else if (word === 'rev' && reverse === undefined) reverse = true;
    else if (word === 'byscore' && kind === undefined) kind = 'score';
    else if (word === 'bylex' && kind === undefined) kind = 'lex';
    else throw CommandError.syntax();
  }
  kind ??= 'index';
  const backwards = reverse ?? false;
  // A count of -1 is what no LIMIT means.
  if (limit && limit.count === -1 && kind === 'index') limit = undefined;
  if (limit && kind === 'index') {
    throw new CommandError(
      'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
    );
  }
  if (withScores && kind === 'lex') {
    throw new CommandError('ERR syntax error, WITHSCORES not supported in combination with BYLEX');
  }
  const find = rangeFinder(kind, args[at]!, args[at + 1]!, backwards);
  return {
    reverse: backwards,
    withScores,
    places: (sorted) =>
      limit ? limitPlaces(find(sorted), backwards, limit.offset, limit.count) : find(sorted),
  };
}

/** The members at some places, in the order in which they are asked for. O(log N + count). */
export function membersAt(sorted: SortedSet, { start, end }: Places, reverse: boolean): Scored[] {
  return sorted.range(reverse ? end - 1 : start, end - start, reverse);
}

/** Members with or without scores. RESP3 clients get pairs, RESP2 clients a flat list. */
export function scoredReply(resp: Resp, found: readonly Scored[], withScores: boolean): string {
  if (!withScores) return bulks(found.map(({ member }) => member));
  if (resp === 3)
    return array(found.map(({ member, score }) => array([bulk(member), scoreReply(resp, score)])));
  return bulks(found.flatMap(({ member, score }) => [member, formatScore(score)]));
}
