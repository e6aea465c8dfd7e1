import { CommandError } from '../command-error.ts';
import { bulk, nil, OK, ONE, ZERO } from '../resp/reply.ts';
import type { CommandSpec } from './spec.ts';

const mget: CommandSpec = {
  name: 'mget',
  arity: -2,
  flags: ['readonly', 'fast'],
  keys: { first: 1, last: -1, step: 1 },
  group: 'string',
  since: '1.0.0',
  summary: 'Returns the strings under several keys.',
  complexity: 'O(N), N being the number of keys',
  run({ db, resp }, args) {
    let out = `*${args.length - 1}\r\n`;
    for (let i = 1; i < args.length; i++) {
      const value = db.read(args[i]!);
      // A key of another type counts as absent here, it is no error.
      out += typeof value === 'string' ? bulk(value) : nil(resp);
    }
    return out;
  },
};

function requirePairs(args: readonly string[], name: string): void {
  if (args.length % 2 === 0) throw new CommandError(`ERR wrong number of arguments for '${name}' command`);
}

const mset: CommandSpec = {
  name: 'mset',
  arity: -3,
  flags: ['write', 'denyoom'],
  keys: { first: 1, last: -1, step: 2 },
  group: 'string',
  since: '1.0.1',
  summary: 'Stores strings under several keys in one step.',
  complexity: 'O(N), N being the number of keys',
  run({ db }, args) {
    requirePairs(args, 'mset');
    for (let i = 1; i < args.length; i += 2) {
      db.set(args[i]!, args[i + 1]!);
      db.changed(args[i]!, 'set');
    }
    return OK;
  },
};

const msetnx: CommandSpec = {
  name: 'msetnx',
  arity: -3,
  flags: ['write', 'denyoom'],
  keys: { first: 1, last: -1, step: 2 },
  group: 'string',
  since: '1.0.1',
  summary: 'Stores strings under several keys, unless one of the keys exists.',
  complexity: 'O(N), N being the number of keys',
  run({ db }, args) {
    requirePairs(args, 'msetnx');
    for (let i = 1; i < args.length; i += 2) if (db.has(args[i]!)) return ZERO;
    for (let i = 1; i < args.length; i += 2) {
      db.set(args[i]!, args[i + 1]!);
      db.changed(args[i]!, 'set');
    }
    return ONE;
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages MGET, MSET, MSETNX. */
export const STRING_MANY_COMMANDS: readonly CommandSpec[] = [mget, mset, msetnx];
