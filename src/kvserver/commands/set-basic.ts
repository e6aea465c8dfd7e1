import { CommandError } from '../command-error.ts';
import { bulk, EMPTY_ARRAY, integer, nil, ONE, set, ZERO } from '../resp/reply.ts';
import { SetValue } from '../store/values.ts';
import { INT64_LIMIT, rangedArg } from './arguments.ts';
import { drawEncoded, randomCount, randomSlot } from './random.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

const sadd: CommandSpec = {
  name: 'sadd',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'set',
  since: '1.0.0',
  summary: 'Adds members to a set; makes the set when there is none.',
  complexity: 'O(1) a member',
  run({ db }, args) {
    const key = args[1]!;
    let value = db.writableSet(key);
    if (!value) {
      value = new SetValue();
      db.put(key, value);
    }
    let added = 0;
    for (let i = 2; i < args.length; i++) if (value.members.add(args[i]!)) added++;
    if (added > 0) db.changed(key, 'sadd');
    return integer(added);
  },
};

const srem: CommandSpec = {
  name: 'srem',
  arity: -3,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'set',
  since: '1.0.0',
  summary: 'Removes members from a set.',
  complexity: 'O(1) a member',
  run({ db }, args) {
    const key = args[1]!;
    const value = db.writableSet(key);
    if (!value) return ZERO;
    let removed = 0;
    for (let i = 2; i < args.length; i++) if (value.members.delete(args[i]!)) removed++;
    if (removed > 0) {
      db.changed(key, 'srem');
      db.deleteIfEmpty(key, value);
    }
    return integer(removed);
  },
};

const sismember: CommandSpec = {
  name: 'sismember',
  arity: 3,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'set',
  since: '1.0.0',
  summary: 'Says whether something is a member of a set.',
  complexity: 'O(1)',
  run: ({ db }, args) => (db.readSet(args[1]!)?.members.has(args[2]!) ? ONE : ZERO),
};

const smismember: CommandSpec = {
  name: 'smismember',
  arity: -3,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'set',
  since: '6.2.0',
  summary: 'Says of several things whether they are members of a set.',
  complexity: 'O(1) a member',
  run({ db }, args) {
    const members = db.readSet(args[1]!)?.members;
    let out = `*${args.length - 2}\r\n`;
    for (let i = 2; i < args.length; i++) out += members?.has(args[i]!) ? ONE : ZERO;
    return out;
  },
};

const scard: CommandSpec = {
  name: 'scard',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'set',
  since: '1.0.0',
  summary: 'Returns the number of members of a set.',
  complexity: 'O(1)',
  run: ({ db }, args) => integer(db.readSet(args[1]!)?.members.size ?? 0),
};

const smembers: CommandSpec = {
  name: 'smembers',
  arity: 2,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'set',
  since: '1.0.0',
  summary: 'Returns all members of a set.',
  complexity: 'O(N), N being the number of members',
  run: ({ db, resp }, args) => set(resp, db.readSet(args[1]!)?.members.toArray() ?? []),
};

const smove: CommandSpec = {
  name: 'smove',
  arity: 4,
  flags: ['write', 'fast'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'set',
  since: '1.0.0',
  summary: 'Moves a member from one set to another.',
  complexity: 'O(1)',
  run({ db }, args) {
    const [, from, to, member] = args as readonly [string, string, string, string];
    const source = db.writableSet(from);
    if (!source) return ZERO;
    const target = db.writableSet(to);
    if (from === to) return source.members.has(member) ? ONE : ZERO;
    if (!source.members.delete(member)) return ZERO;
    db.changed(from, 'srem');
    db.deleteIfEmpty(from, source);
    const grown = target ?? new SetValue();
    if (!target) db.put(to, grown);
    if (grown.members.add(member)) db.changed(to, 'sadd');
    return ONE;
  },
};

const spop: CommandSpec = {
  name: 'spop',
  arity: -2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'set',
  since: '1.0.0',
  summary: 'Removes random members from a set and returns them.',
  complexity: 'O(1) a member',
  run({ db, resp, server }, args) {
    if (args.length > 3) throw CommandError.syntax();
    const single = args.length === 2;
    const count = single
      ? 1
      : rangedArg(args[2]!, 0, INT64_LIMIT, 'ERR value is out of range, must be positive');
    const key = args[1]!;
    const value = db.writableSet(key);
    if (!value || count === 0) return single ? nil(resp) : set(resp, []);
    const { members } = value;
    const popped: string[] = [];
    while (popped.length < count && members.size > 0) {
      const slot = randomSlot(members);
      popped.push(members.nameAt(slot)!);
      members.removeAt(slot);
    }
    db.changed(key, 'spop');
    db.deleteIfEmpty(key, value);
    // Which members were drawn must be the same wherever the command is run again.
    server.propagateAs(members.size === 0 ? ['DEL', key] : ['SREM', key, ...popped]);
    return single ? bulk(popped[0]!) : set(resp, popped);
  },
};

const srandmember: CommandSpec = {
  name: 'srandmember',
  arity: -2,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'set',
  since: '1.0.0',
  summary: 'Returns random members of a set: distinct ones, or with a negative count also repeated ones.',
  complexity: 'O(N), N being the count',
  run(session, args) {
    const { db, resp } = session;
    if (args.length > 3) throw CommandError.syntax();
    const count = args[2] === undefined ? undefined : randomCount(args[2]);
    const members = db.readSet(args[1]!)?.members;
    if (count === undefined) return members ? bulk(members.nameAt(randomSlot(members))!) : nil(resp);
    // An array also in RESP3, for members may repeat.
    if (!members || count === 0) return EMPTY_ARRAY;
    const { drawn, text } = drawEncoded(session, members, count, (slot) => bulk(members.nameAt(slot)!));
    return `*${drawn}\r\n${text}`;
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages SADD, SREM, SISMEMBER,
 * SMISMEMBER, SCARD, SMEMBERS, SMOVE, SPOP, SRANDMEMBER.
 */
export const SET_BASIC_COMMANDS: readonly CommandSpec[] = [
  sadd,
  srem,
  sismember,
  smismember,
  scard,
  smembers,
  smove,
  spop,
  srandmember,
];
