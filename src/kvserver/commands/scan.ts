import { CommandError } from '../command-error.ts';
import { bulk, bulks } from '../resp/reply.ts';
import { globMatch } from '../store/glob.ts';
import { typeOf } from '../store/values.ts';
import { integerArg } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

const DEFAULT_COUNT = 10;

export interface ScanOptions {
  readonly count: number;
  readonly match: string | undefined;
  readonly type: string | undefined;
}

const UINT64 = 2n ** 64n;

/** A cursor as C reads an unsigned number: nothing is 0, and a negative one counts from the top. @throws CommandError */
export function readCursor(text: string): number {
  const digits = /^[+-]?(\d+)$/.exec(text)?.[1];
  if (text === '') return 0;
  if (digits === undefined || BigInt(digits) >= UINT64) throw new CommandError('ERR invalid cursor');
  return Number(text.startsWith('-') ? BigInt.asUintN(64, BigInt(text)) : BigInt(digits));
}

/** Reads MATCH, COUNT and, where it is allowed, TYPE. @throws CommandError */
export function readScanOptions(args: readonly string[], from: number, withType: boolean): ScanOptions {
  let count = DEFAULT_COUNT;
  let match: string | undefined;
  let type: string | undefined;
  for (let i = from; i < args.length; i += 2) {
    const word = args[i]!.toLowerCase();
    const value = args[i + 1];
    if (value === undefined) throw CommandError.syntax();
    if (word === 'count') {
      count = integerArg(value);
      if (count < 1) throw CommandError.syntax();
    } else if (word === 'match') match = value === '*' ? undefined : value;
    else if (word === 'type' && withType) type = value.toLowerCase();
    else throw CommandError.syntax();
  }
  return { count, match, type };
}

export function scanReply(cursor: number, items: readonly string[]): string {
  return `*2\r\n${bulk(String(cursor))}${bulks(items)}`;
}

const scan: CommandSpec = {
  name: 'scan',
  arity: -2,
  flags: ['readonly'],
  group: 'generic',
  since: '2.8.0',
  summary: 'Walks the keys of the database, a page at a time.',
  complexity: 'O(1) a call, O(N) for a whole walk over N keys',
  run({ db }, args) {
    const cursor = readCursor(args[1]!);
    const { count, match, type } = readScanOptions(args, 2, true);
    const keys: string[] = [];
    const next = db.table.scan(cursor, count, (slot, key) => {
      if (match !== undefined && !globMatch(match, key)) return;
      if (type !== undefined && typeOf(db.table.valueAt(slot)!) !== type) return;
      keys.push(key);
    });
    // Expired keys are dropped after the page has been read, for dropping one moves another.
    const live = db.expires.size === 0 ? keys : keys.filter((key) => !db.expireIfDue(key));
    return scanReply(next, live);
  },
};

const sscan: CommandSpec = {
  name: 'sscan',
  arity: -3,
  flags: ['readonly'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'set',
  since: '2.8.0',
  summary: 'Walks the members of a set, a page at a time.',
  complexity: 'O(1) a call, O(N) for a whole walk over N members',
  run({ db }, args) {
    const cursor = readCursor(args[2]!);
    const members = db.readSet(args[1]!)?.members;
    // Options are not even looked at when there is nothing to walk.
    if (!members) return scanReply(0, []);
    const { count, match } = readScanOptions(args, 3, false);
    const found: string[] = [];
    const next = members.scan(cursor, count, (_slot, member) => {
      if (match === undefined || globMatch(match, member)) found.push(member);
    });
    return scanReply(next, found);
  },
};

const keys: CommandSpec = {
  name: 'keys',
  arity: 2,
  flags: ['readonly'],
  group: 'generic',
  since: '1.0.0',
  summary: 'Returns all keys that match a pattern. Nothing else runs meanwhile: SCAN is the better choice.',
  complexity: 'O(N), N being the number of keys in the database',
  run({ db }, args) {
    const pattern = args[1]!;
    const all = db.table.toArray();
    const found = pattern === '*' ? all : all.filter((key) => globMatch(pattern, key));
    return bulks(db.expires.size === 0 ? found : found.filter((key) => !db.expireIfDue(key)));
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages SCAN, SSCAN, KEYS. */
export const SCAN_COMMANDS: readonly CommandSpec[] = [scan, sscan, keys];
