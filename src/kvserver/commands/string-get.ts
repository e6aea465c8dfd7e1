import { CommandError } from '../command-error.ts';
import { bulk, integer, nil } from '../resp/reply.ts';
import { integerArg } from './arguments.ts';
import { expiryMoment, TIME_OPTIONS } from './expiry-time.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

const get: CommandSpec = {
  name: 'get',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Returns the string under a key.',
  complexity: 'O(1)',
  run({ db, resp }, args) {
    const value = db.readString(args[1]!);
    return value === undefined ? nil(resp) : bulk(value);
  },
};

const getdel: CommandSpec = {
  name: 'getdel',
  arity: 2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '6.2.0',
  summary: 'Returns the string under a key and deletes the key.',
  complexity: 'O(1)',
  run({ db, resp, server }, args) {
    const key = args[1]!;
    const value = db.readString(key);
    if (value === undefined) return nil(resp);
    db.delete(key);
    db.changed(key, 'del');
    server.propagateAs(['DEL', key]);
    return bulk(value);
  },
};

const getex: CommandSpec = {
  name: 'getex',
  arity: -2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '6.2.0',
  summary: 'Returns the string under a key and sets or removes its expiry.',
  complexity: 'O(1)',
  run({ db, resp, server }, args) {
    const key = args[1]!;
    const option = args[2]?.toLowerCase() ?? '';
    const form = TIME_OPTIONS[option];
    const fits =
      args.length === 2 || (option === 'persist' && args.length === 3) || (form && args.length === 4);
    if (!fits) throw CommandError.syntax();
    const value = db.readString(key);
    if (value === undefined) return nil(resp);
    if (form) {
      const at = expiryMoment(args[3]!, form, server.now, 'getex', true);
      if (at <= server.now) {
        db.delete(key);
        db.changed(key, 'del');
        server.propagateAs(['DEL', key]);
      } else {
        db.expireAt(key, at);
        db.changed(key, 'expire');
        server.propagateAs(['PEXPIREAT', key, String(at)]);
      }
    } else if (option === 'persist' && db.persist(key)) {
      db.changed(key, 'persist');
      server.propagateAs(['PERSIST', key]);
    }
    return bulk(value);
  },
};

const strlen: CommandSpec = {
  name: 'strlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.2.0',
  summary: 'Returns the length of the string under a key, in bytes.',
  complexity: 'O(1)',
  run: ({ db }, args) => integer(db.readString(args[1]!)?.length ?? 0),
};

function range(name: 'getrange' | 'substr', since: string): CommandSpec {
  return {
    name,
    arity: 4,
    flags: ['readonly'],
    keys: ONE_KEY,
    group: 'string',
    since,
    summary: 'Returns the part of a string between two offsets; negative ones count from the end.',
    complexity: 'O(N), N being the length of the part',
    run({ db }, args) {
      let start = integerArg(args[2]!);
      let end = integerArg(args[3]!);
      const value = db.readString(args[1]!) ?? '';
      if (start < 0 && end < 0 && start > end) return bulk('');
      if (start < 0) start = Math.max(0, value.length + start);
      if (end < 0) end = Math.max(0, value.length + end);
      return bulk(value.slice(start, end + 1));
    },
  };
}

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages GET, GETDEL, GETEX, STRLEN,
 * GETRANGE, SUBSTR.
 */
export const STRING_GET_COMMANDS: readonly CommandSpec[] = [
  get,
  getdel,
  getex,
  strlen,
  range('getrange', '2.4.0'),
  range('substr', '1.0.0'),
];
