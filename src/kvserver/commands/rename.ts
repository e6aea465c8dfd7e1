import { CommandError } from '../command-error.ts';
import { OK, ONE, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import type { Keyspace } from '../store/keyspace.ts';
import { integerArg } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

const TWO_KEYS = { first: 1, last: 2, step: 1 } as const;

/** Moves what a key holds, with its expiry, to another name or database. */
function move(from: Keyspace, key: string, to: Keyspace, newKey: string, verb: 'rename' | 'move'): void {
  // Copied first when a snapshot still reads it, for under its new name it counts as new.
  const value = from.writable(key)!;
  const expiry = from.expiryOf(key);
  from.delete(key);
  to.delete(newKey);
  to.set(newKey, value);
  if (expiry !== undefined) to.expireAt(newKey, expiry);
  from.changed(key, `${verb}_from`);
  to.changed(newKey, `${verb}_to`);
}

function databaseArg({ server }: Session, text: string, message: string): Keyspace {
  const db = server.keyspaces[integerArg(text)];
  if (!db) throw new CommandError(message);
  return db;
}

function renaming(name: 'rename' | 'renamenx', summary: string): CommandSpec {
  const onlyNew = name === 'renamenx';
  return {
    name,
    arity: 3,
    flags: onlyNew ? ['write', 'fast'] : ['write'],
    keys: TWO_KEYS,
    group: 'generic',
    since: '1.0.0',
    summary,
    complexity: 'O(1)',
    run({ db }, args) {
      const [, from, to] = args as readonly [string, string, string];
      if (!db.has(from)) throw new CommandError('ERR no such key');
      if (from === to) return onlyNew ? ZERO : OK;
      if (onlyNew && db.has(to)) return ZERO;
      move(db, from, db, to, 'rename');
      return onlyNew ? ONE : OK;
    },
  };
}

const moveCommand: CommandSpec = {
  name: 'move',
  arity: 3,
  flags: ['write', 'fast'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'generic',
  since: '1.0.0',
  summary: 'Moves a key to another database, unless it exists there.',
  complexity: 'O(1)',
  run(session, args) {
    const { db } = session;
    const key = args[1]!;
    const target = databaseArg(session, args[2]!, 'ERR DB index is out of range');
    if (target === db) throw new CommandError('ERR source and destination objects are the same');
    if (!db.has(key) || target.has(key)) return ZERO;
    move(db, key, target, key, 'move');
    return ONE;
  },
};

const copy: CommandSpec = {
  name: 'copy',
  arity: -3,
  flags: ['write', 'denyoom'],
  keys: TWO_KEYS,
  group: 'generic',
  since: '6.2.0',
  summary: 'Copies what a key holds, with its expiry, to another key.',
  complexity: 'O(N), N being the number of elements',
  run(session, args) {
    const { db } = session;
    const [, from, to] = args as readonly [string, string, string];
    let target = db;
    let replace = false;
    for (let i = 3; i < args.length; i++) {
      const word = args[i]!.toLowerCase();
      if (word === 'replace') replace = true;
      else if (word === 'db' && i + 1 < args.length) {
        target = databaseArg(session, args[++i]!, 'ERR DB index is out of range');
      } else throw CommandError.syntax();
    }
    if (target === db && from === to)
      throw new CommandError('ERR source and destination objects are the same');
    const value = db.read(from);
    if (value === undefined || (!replace && target.has(to))) return ZERO;
    const expiry = db.expiryOf(from);
    target.delete(to);
    target.set(to, typeof value === 'string' ? value : value.clone());
    if (expiry !== undefined) target.expireAt(to, expiry);
    target.changed(to, 'copy_to');
    return ONE;
  },
};

const swapdb: CommandSpec = {
  name: 'swapdb',
  arity: 3,
  flags: ['write', 'fast'],
  group: 'server',
  since: '4.0.0',
  summary: 'Exchanges the contents of two databases.',
  complexity: 'O(1), apart from the watched keys',
  run(session, args) {
    const { server } = session;
    const indexes = [args[1]!, args[2]!].map((text, i) =>
      integerArg(text, `ERR invalid ${i === 0 ? 'first' : 'second'} DB index`),
    );
    const [a, b] = indexes.map((index) => server.keyspaces[index]);
    if (!a || !b) throw new CommandError('ERR DB index is out of range');
    server.watches.touchBoth(a, b);
    a.swapWith(b);
    for (const db of [a, b]) server.blocking.contentsChanged(db);
    server.dirty++;
    return OK;
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages RENAME, RENAMENX, MOVE, COPY,
 * SWAPDB.
 */
export const RENAME_COMMANDS: readonly CommandSpec[] = [
  renaming('rename', 'Gives a key another name; what had that name is lost.'),
  renaming('renamenx', 'Gives a key another name, unless that is taken.'),
  moveCommand,
  copy,
  swapdb,
];
