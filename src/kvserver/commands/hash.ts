import { CommandError } from '../command-error.ts';
import { bulk, bulks, integer, map, nil, OK, ONE, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { HashValue } from '../store/values.ts';
import { fitsInt64, parseDouble, parseInt64 } from './arguments.ts';
import { addDecimals } from './decimal.ts';
import type { CommandSpec, Flag } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

function command(
  name: string,
  arity: number,
  flags: readonly Flag[],
  since: string,
  summary: string,
  complexity: string,
  run: Run,
): CommandSpec {
  return { name, arity, flags, keys: ONE_KEY, group: 'hash', since, summary, complexity, run };
}

const WRITE_FAST: readonly Flag[] = ['write', 'denyoom', 'fast'];
const READ_FAST: readonly Flag[] = ['readonly', 'fast'];

function hashForWrite({ db }: Session, key: string): HashValue {
  let value = db.writableHash(key);
  if (!value) {
    value = new HashValue();
    db.put(key, value);
  }
  return value;
}

/** Sets pairs of field and value. @returns the number of new fields */
function setPairs(session: Session, args: readonly string[], name: string): number {
  if (args.length % 2 !== 0) throw new CommandError(`ERR wrong number of arguments for '${name}' command`);
  const { fields } = hashForWrite(session, args[1]!);
  let added = 0;
  for (let i = 2; i < args.length; i += 2) if (fields.set(args[i]!, args[i + 1]!)) added++;
  session.db.changed(args[1]!, 'hset');
  return added;
}

const hsetnx: Run = (session, args) => {
  const { db } = session;
  const key = args[1]!;
  if (db.writableHash(key)?.fields.has(args[2]!)) return ZERO;
  hashForWrite(session, key).fields.set(args[2]!, args[3]!);
  db.changed(key, 'hset');
  return ONE;
};

const hget: Run = ({ db, resp }, args) => {
  const value = db.readHash(args[1]!)?.fields.get(args[2]!);
  return value === undefined ? nil(resp) : bulk(value);
};

const hmget: Run = ({ db, resp }, args) => {
  const fields = db.readHash(args[1]!)?.fields;
  let out = `*${args.length - 2}\r\n`;
  for (let i = 2; i < args.length; i++) {
    const value = fields?.get(args[i]!);
    out += value === undefined ? nil(resp) : bulk(value);
  }
  return out;
};

const hgetall: Run = ({ db, resp }, args) => {
  const fields = db.readHash(args[1]!)?.fields;
  return map(resp, fields ? [...fields.entries()].flatMap(([name, value]) => [bulk(name), bulk(value)]) : []);
};

const hdel: Run = ({ db }, args) => {
  const key = args[1]!;
  const value = db.writableHash(key);
  if (!value) return ZERO;
  let removed = 0;
  for (let i = 2; i < args.length; i++) if (value.fields.delete(args[i]!)) removed++;
  if (removed > 0) {
    db.changed(key, 'hdel');
    db.deleteIfEmpty(key, value);
  }
  return integer(removed);
};

const hincrby: Run = (session, args) => {
  const [, key, field, step] = args as readonly [string, string, string, string];
  const by = parseInt64(step);
  if (by === undefined) throw CommandError.notAnInteger();
  const before = session.db.writableHash(key)?.fields.get(field) ?? '0';
  const value = parseInt64(before);
  if (value === undefined) throw new CommandError('ERR hash value is not an integer');
  const sum = value + by;
  if (!fitsInt64(sum)) throw new CommandError('ERR increment or decrement would overflow');
  hashForWrite(session, key).fields.set(field, sum.toString());
  session.db.changed(key, 'hincrby');
  return integer(sum);
};

const hincrbyfloat: Run = (session, args) => {
  const [, key, field, step] = args as readonly [string, string, string, string];
  const by = parseDouble(step);
  if (by === undefined) throw new CommandError('ERR value is not a valid float');
  if (!Number.isFinite(by)) throw new CommandError('ERR value is NaN or Infinity');
  const before = session.db.writableHash(key)?.fields.get(field) ?? '0';
  if (parseDouble(before) === undefined) throw new CommandError('ERR hash value is not a float');
  const sum = addDecimals(before, step);
  if (sum === undefined) throw new CommandError('ERR increment would produce NaN or Infinity');
  hashForWrite(session, key).fields.set(field, sum);
  session.db.changed(key, 'hincrbyfloat');
  session.server.propagateAs(['HSET', key, field, sum]);
  return bulk(sum);
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages HSET, HMSET, HSETNX, HGET, HMGET,
 * HGETALL, HKEYS, HVALS, HLEN, HSTRLEN, HEXISTS, HDEL, HINCRBY, HINCRBYFLOAT.
 */
export const HASH_COMMANDS: readonly CommandSpec[] = [
  command('hset', -4, WRITE_FAST, '2.0.0', 'Sets fields of a hash.', 'O(1) a field', (session, args) =>
    integer(setPairs(session, args, 'hset')),
  ),
  command(
    'hmset',
    -4,
    WRITE_FAST,
    '2.0.0',
    'Sets fields of a hash; HSET also says how many are new.',
    'O(1) a field',
    (session, args) => {
      setPairs(session, args, 'hmset');
      return OK;
    },
  ),
  command('hsetnx', 4, WRITE_FAST, '2.0.0', 'Sets a field that does not exist yet.', 'O(1)', hsetnx),
  command('hget', 3, READ_FAST, '2.0.0', 'Returns a field.', 'O(1)', hget),
  command('hmget', -3, READ_FAST, '2.0.0', 'Returns several fields.', 'O(1) a field', hmget),
  command(
    'hgetall',
    2,
    ['readonly'],
    '2.0.0',
    'Returns all fields with their values.',
    'O(N), N being the number of fields',
    hgetall,
  ),
  command(
    'hkeys',
    2,
    ['readonly'],
    '2.0.0',
    'Returns the names of all fields.',
    'O(N), N being the number of fields',
    ({ db }, args) => bulks(db.readHash(args[1]!)?.fields.toArray() ?? []),
  ),
  command(
    'hvals',
    2,
    ['readonly'],
    '2.0.0',
    'Returns the values of all fields.',
    'O(N), N being the number of fields',
    ({ db }, args) => bulks(db.readHash(args[1]!)?.fields.valuesArray() ?? []),
  ),
  command('hlen', 2, READ_FAST, '2.0.0', 'Counts the fields.', 'O(1)', ({ db }, args) =>
    integer(db.readHash(args[1]!)?.size ?? 0),
  ),
  command(
    'hstrlen',
    3,
    READ_FAST,
    '3.2.0',
    'Returns the length of a field, in bytes.',
    'O(1)',
    ({ db }, args) => integer(db.readHash(args[1]!)?.fields.get(args[2]!)?.length ?? 0),
  ),
  command('hexists', 3, READ_FAST, '2.0.0', 'Says whether a field exists.', 'O(1)', ({ db }, args) =>
    db.readHash(args[1]!)?.fields.has(args[2]!) ? ONE : ZERO,
  ),
  command('hdel', -3, ['write', 'fast'], '2.0.0', 'Removes fields.', 'O(1) a field', hdel),
  command('hincrby', 4, WRITE_FAST, '2.0.0', 'Adds to the integer in a field.', 'O(1)', hincrby),
  command(
    'hincrbyfloat',
    4,
    WRITE_FAST,
    '2.6.0',
    'Adds a decimal number to the one in a field.',
    'O(1)',
    hincrbyfloat,
  ),
];
