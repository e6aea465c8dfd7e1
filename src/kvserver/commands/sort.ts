import { CommandError } from '../command-error.ts';
import { bulk, bulks, integer, nil, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { Deque } from '../store/deque.ts';
import type { Keyspace } from '../store/keyspace.ts';
import { ListValue, type Value } from '../store/values.ts';
import { integerArg, parseDouble } from './arguments.ts';
import { lookUpPattern } from './sort-pattern.ts';
import type { CommandSpec } from './spec.ts';

interface SortOptions {
  alpha: boolean;
  descending: boolean;
  by: string | undefined;
  readonly gets: string[];
  limit: { readonly start: number; readonly count: number } | undefined;
  store: string | undefined;
}

function readOptions(args: readonly string[], readOnly: boolean): SortOptions {
  const options: SortOptions = {
    alpha: false,
    descending: false,
    by: undefined,
    gets: [],
    limit: undefined,
    store: undefined,
  };
  for (let i = 2; i < args.length; i++) {
    const word = args[i]!.toLowerCase();
    const left = args.length - i - 1;
    if (word === 'asc' || word === 'desc') options.descending = word === 'desc';
    else if (word === 'alpha') options.alpha = true;
    else if (word === 'limit' && left >= 2) {
      options.limit = { start: integerArg(args[i + 1]!), count: integerArg(args[i + 2]!) };
      i += 2;
    } else if (word === 'store' && left >= 1 && !readOnly) options.store = args[++i]!;
    else if (word === 'by' && left >= 1) options.by = args[++i]!;
    else if (word === 'get' && left >= 1) options.gets.push(args[++i]!);
    else throw CommandError.syntax();
  }
  return options;
}

function elementsOf(value: Value | undefined): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'string') {
    if (value.kind === 'list') return value.items.toArray();
    if (value.kind === 'set') return value.members.toArray();
    if (value.kind === 'zset') return value.sorted.range(0, value.size).map((one) => one.member);
  }
  throw CommandError.wrongType();
}

/** As C's strtod reads a whole string; the empty one is 0. */
function weightOf(text: string): number {
  const trimmed = text.trimStart();
  const weight = trimmed === '' ? 0 : parseDouble(trimmed.replace(/^\+/, ''));
  if (weight === undefined) {
    throw new CommandError("ERR One or more scores can't be converted into double");
  }
  return weight;
}

/** Bytes compare as characters do, since a character is a byte here. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sortElements(db: Keyspace, elements: readonly string[], options: SortOptions): string[] {
  const { alpha, by } = options;
  const sign = options.descending ? -1 : 1;
  const weighed = (element: string) => (by === undefined ? element : lookUpPattern(db, by, element));
  if (alpha) {
    // An element without a weight comes before every weight.
    const pairs = elements.map((element) => ({ element, weight: weighed(element) }));
    pairs.sort((a, b) => {
      if (a.weight === undefined || b.weight === undefined) {
        return sign * (Number(a.weight !== undefined) - Number(b.weight !== undefined));
      }
      return sign * compareText(a.weight, b.weight);
    });
    return pairs.map((pair) => pair.element);
  }
  const pairs = elements.map((element) => ({ element, weight: weightOf(weighed(element) ?? '0') }));
  pairs.sort(
    (a, b) =>
      sign * (a.weight === b.weight ? compareText(a.element, b.element) : a.weight < b.weight ? -1 : 1),
  );
  return pairs.map((pair) => pair.element);
}

function limited(elements: readonly string[], limit: SortOptions['limit']): readonly string[] {
  if (!limit) return elements;
  const start = Math.max(0, limit.start);
  return elements.slice(start, limit.count < 0 ? undefined : start + limit.count);
}

function runSort({ db, resp }: Session, args: readonly string[], readOnly: boolean): string {
  const options = readOptions(args, readOnly);
  const { by, gets, store } = options;
  const value = db.read(args[1]!);
  let elements = elementsOf(value);
  const asTheyAre = by !== undefined && !by.includes('*');
  // A set has no order of its own: what is stored must be the same wherever the command runs again.
  const isSet = typeof value === 'object' && value.kind === 'set';
  if (asTheyAre && isSet && store !== undefined) {
    elements = sortElements(db, elements, { ...options, alpha: true, by: undefined });
  } else if (!asTheyAre) elements = sortElements(db, elements, options);
  else if (options.descending && typeof value === 'object' && value.kind === 'zset') elements.reverse();

  const chosen = limited(elements, options.limit);
  const columns = gets.length > 0 ? gets : ['#'];
  const results = chosen.flatMap((element) => columns.map((get) => lookUpPattern(db, get, element)));
  if (store === undefined) {
    return results.some((one) => one === undefined)
      ? `*${results.length}\r\n${results.map((one) => (one === undefined ? nil(resp) : bulk(one))).join('')}`
      : bulks(results as string[]);
  }
  return storeResults(db, store, results);
}

function storeResults(db: Keyspace, key: string, results: readonly (string | undefined)[]): string {
  if (results.length === 0) {
    if (db.delete(key)) db.changed(key, 'del');
    return ZERO;
  }
  const list = new ListValue();
  list.items = Deque.from(results.map((one) => one ?? ''));
  db.set(key, list);
  db.changed(key, 'sortstore');
  return integer(results.length);
}

/** The key that is read, and the one that is written to. */
function sortKeys(request: readonly string[]): number[] {
  const positions = [1];
  for (let i = 2; i < request.length; i++) {
    const word = request[i]!.toLowerCase();
    if (word === 'limit') i += 2;
    else if (word === 'by' || word === 'get') i++;
    else if (word === 'store' && i + 1 < request.length) positions[1] = ++i;
  }
  return positions;
}

function sorting(name: 'sort' | 'sort_ro', since: string, summary: string): CommandSpec {
  const readOnly = name === 'sort_ro';
  return {
    name,
    arity: -2,
    flags: readOnly ? ['readonly', 'movablekeys'] : ['write', 'denyoom', 'movablekeys'],
    keys: { first: 1, last: 1, step: 1 },
    findKeys: sortKeys,
    group: 'generic',
    since,
    summary,
    complexity: 'O(N log N), N being the number of elements, and a lookup for each BY and GET',
    run: (session, args) => runSort(session, args, readOnly),
  };
}

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages SORT, SORT_RO. */
export const SORT_COMMANDS: readonly CommandSpec[] = [
  sorting('sort', '1.0.0', 'Sorts a list, a set or a sorted set, by its elements or by other keys.'),
  sorting('sort_ro', '7.0.0', 'Sorts as SORT does and never stores.'),
];
