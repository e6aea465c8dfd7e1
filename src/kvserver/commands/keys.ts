import { CommandError } from '../command-error.ts';
import { bulk, integer, nil, OK, simple } from '../resp/reply.ts';
import type { Keyspace } from '../store/keyspace.ts';
import { typeOf } from '../store/values.ts';
import type { CommandSpec } from './spec.ts';

const ALL_KEYS = { first: 1, last: -1, step: 1 } as const;

function removal(name: 'del' | 'unlink', since: string, summary: string): CommandSpec {
  return {
    name,
    arity: -2,
    flags: name === 'del' ? ['write'] : ['write', 'fast'],
    keys: ALL_KEYS,
    group: 'generic',
    since,
    summary,
    complexity: 'O(1) a key; the memory is freed later by the garbage collector',
    run({ db }, args) {
      let removed = 0;
      for (let i = 1; i < args.length; i++) {
        if (!db.delete(args[i]!)) continue;
        db.changed(args[i]!, 'del');
        removed++;
      }
      return integer(removed);
    },
  };
}

function count(name: 'exists' | 'touch', since: string, summary: string): CommandSpec {
  return {
    name,
    arity: -2,
    flags: ['readonly', 'fast'],
    keys: ALL_KEYS,
    group: 'generic',
    since,
    summary,
    complexity: 'O(1) a key',
    run({ db }, args) {
      let there = 0;
      for (let i = 1; i < args.length; i++)
        if (name === 'exists' ? db.look(args[i]!) : db.read(args[i]!) !== undefined) there++;
      return integer(there);
    },
  };
}

const type: CommandSpec = {
  name: 'type',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'generic',
  since: '1.0.0',
  summary: 'Returns the type of what a key holds, "none" when there is no such key.',
  complexity: 'O(1)',
  run({ db }, args) {
    const value = db.look(args[1]!) ? db.peek(args[1]!) : undefined;
    return simple(value === undefined ? 'none' : typeOf(value));
  },
};

const randomkey: CommandSpec = {
  name: 'randomkey',
  arity: 1,
  flags: ['readonly'],
  group: 'generic',
  since: '1.0.0',
  summary: 'Returns a key drawn at random.',
  complexity: 'O(1)',
  run({ db, resp }) {
    while (db.size > 0) {
      const key = db.table.nameAt(Math.floor(Math.random() * db.size))!;
      if (!db.expireIfDue(key)) return bulk(key);
    }
    return nil(resp);
  },
};

const dbsize: CommandSpec = {
  name: 'dbsize',
  arity: 1,
  flags: ['readonly', 'fast'],
  group: 'server',
  since: '1.0.0',
  summary: 'Returns the number of keys in the database.',
  complexity: 'O(1)',
  run: ({ db }) => integer(db.size),
};

function requireFlushMode(args: readonly string[]): void {
  const mode = args[1]?.toLowerCase();
  // Both modes do the same here: dropping the tables takes no time, the collector frees them later.
  if (args.length > 2 || (mode !== undefined && mode !== 'async' && mode !== 'sync'))
    throw CommandError.syntax();
}

function flush(name: string, summary: string, which: 'one' | 'all'): CommandSpec {
  return {
    name,
    arity: -1,
    flags: ['write'],
    group: 'server',
    since: '1.0.0',
    summary,
    complexity: 'O(1); the memory is freed later by the garbage collector',
    run({ db, server }, args) {
      requireFlushMode(args);
      const emptied: readonly Keyspace[] = which === 'one' ? [db] : server.keyspaces;
      for (const one of emptied) {
        server.watches.touchAll(one);
        one.clear();
      }
      if (which === 'all') server.snapshots.afterFlushAll();
      // Written to the append-only file even when nothing was there.
      server.dirty++;
      return OK;
    },
  };
}

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages DEL, UNLINK, EXISTS, TOUCH, TYPE,
 * RANDOMKEY, DBSIZE, FLUSHDB, FLUSHALL.
 */
export const KEY_COMMANDS: readonly CommandSpec[] = [
  removal('del', '1.0.0', 'Deletes keys.'),
  removal('unlink', '4.0.0', 'Deletes keys; the memory is freed in the background.'),
  count('exists', '1.0.0', 'Counts how many of the given keys exist.'),
  count('touch', '3.2.1', 'Marks keys as used just now and counts those that exist.'),
  type,
  randomkey,
  dbsize,
  flush('flushdb', 'Deletes all keys of the database.', 'one'),
  flush('flushall', 'Deletes all keys of all databases.', 'all'),
];
