import { CommandError } from '../command-error.ts';
import { bulk, double, EMPTY_ARRAY, nil } from '../resp/reply.ts';
import { globMatch } from '../store/glob.ts';
import { encodingOf } from './object.ts';
import { drawEncoded, randomCount, randomSlot } from './random.ts';
import { readCursor, readScanOptions, scanReply } from './scan.ts';
import { formatScore, formatWhole } from './score.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

const zscan: CommandSpec = {
  name: 'zscan',
  arity: -3,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'sorted-set',
  since: '2.8.0',
  summary: 'Walks the members of a sorted set, a page at a time, in no order.',
  complexity: 'O(1) a call, O(N) for a whole walk over N members',
  run({ db, server }, args) {
    const cursor = readCursor(args[2]!);
    const value = db.readSortedSet(args[1]!);
    if (!value) return scanReply(0, []);
    const { scores } = value.sorted;
    const { count, match } = readScanOptions(args, 3, false);
    // Servers return the scores of a small sorted set as they store them there: whole numbers in full.
    const print = encodingOf(value, server.config.values) === 'listpack' ? formatWhole : formatScore;
    const found: string[] = [];
    const next = scores.scan(cursor, count, (slot, member) => {
      if (match === undefined || globMatch(match, member)) found.push(member, print(scores.valueAt(slot)!));
    });
    return scanReply(next, found);
  },
};

const zrandmember: CommandSpec = {
  name: 'zrandmember',
  arity: -2,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'sorted-set',
  since: '6.2.0',
  summary: 'Returns random members: distinct ones, or with a negative count also repeated ones.',
  complexity: 'O(N), N being the count',
  run(session, args) {
    const { db, resp } = session;
    const count = args[2] === undefined ? undefined : randomCount(args[2]);
    const withScores = args[3]?.toLowerCase() === 'withscores';
    if (args.length > 4 || (args.length === 4 && !withScores)) throw CommandError.syntax();
    const scores = db.readSortedSet(args[1]!)?.sorted.scores;
    if (count === undefined) return scores ? bulk(scores.nameAt(randomSlot(scores))!) : nil(resp);
    if (!scores || count === 0) return EMPTY_ARRAY;
    // As in scoredReply: RESP3 clients get a list of pairs, RESP2 clients a flat list.
    const pair = resp === 3 ? '*2\r\n' : '';
    const { drawn, text } = drawEncoded(session, scores, count, (slot) => {
      const member = bulk(scores.nameAt(slot)!);
      return withScores ? pair + member + double(resp, formatScore(scores.valueAt(slot)!)) : member;
    });
    return `*${withScores && resp === 2 ? drawn * 2 : drawn}\r\n${text}`;
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages ZSCAN, ZRANDMEMBER. */
export const ZSET_WALK_COMMANDS: readonly CommandSpec[] = [zscan, zrandmember];
