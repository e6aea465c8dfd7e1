import { CommandError } from '../command-error.ts';
import { bulk, EMPTY_ARRAY, nil } from '../resp/reply.ts';
import { globMatch } from '../store/glob.ts';
import { drawEncoded, randomCount, randomSlot } from './random.ts';
import { readCursor, readScanOptions, scanReply } from './scan.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

const hscan: CommandSpec = {
  name: 'hscan',
  arity: -3,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'hash',
  since: '2.8.0',
  summary: 'Walks the fields of a hash, a page at a time.',
  complexity: 'O(1) a call, O(N) for a whole walk over N fields',
  run({ db }, args) {
    const cursor = readCursor(args[2]!);
    const fields = db.readHash(args[1]!)?.fields;
    if (!fields) return scanReply(0, []);
    const { count, match } = readScanOptions(args, 3, false);
    const found: string[] = [];
    const next = fields.scan(cursor, count, (slot, name) => {
      if (match === undefined || globMatch(match, name)) found.push(name, fields.valueAt(slot)!);
    });
    return scanReply(next, found);
  },
};

const hrandfield: CommandSpec = {
  name: 'hrandfield',
  arity: -2,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'hash',
  since: '6.2.0',
  summary: 'Returns random fields: distinct ones, or with a negative count also repeated ones.',
  complexity: 'O(N), N being the count',
  run(session, args) {
    const { db, resp } = session;
    const count = args[2] === undefined ? undefined : randomCount(args[2]);
    const withValues = args[3]?.toLowerCase() === 'withvalues';
    if (args.length > 4 || (args.length === 4 && !withValues)) throw CommandError.syntax();
    const fields = db.readHash(args[1]!)?.fields;
    if (count === undefined) return fields ? bulk(fields.nameAt(randomSlot(fields))!) : nil(resp);
    if (!fields || count === 0) return EMPTY_ARRAY;
    // RESP3 clients get a list of pairs, RESP2 clients a flat list.
    const pair = resp === 3 ? '*2\r\n' : '';
    const { drawn, text } = drawEncoded(session, fields, count, (slot) => {
      const field = bulk(fields.nameAt(slot)!);
      return withValues ? pair + field + bulk(fields.valueAt(slot)!) : field;
    });
    return `*${withValues && resp === 2 ? drawn * 2 : drawn}\r\n${text}`;
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages HSCAN, HRANDFIELD. */
export const HASH_WALK_COMMANDS: readonly CommandSpec[] = [hscan, hrandfield];
