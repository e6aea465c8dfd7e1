import { MAX_STRING } from '../byte-queue.ts';
import { CommandError } from '../command-error.ts';
import { bulk, integer } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { fitsInt64, integerArg, parseDouble, parseInt64 } from './arguments.ts';
import { addDecimals } from './decimal.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

function addTo(session: Session, key: string, by: bigint): string {
  const { db } = session;
  const before = db.writableString(key);
  const value = before === undefined ? 0n : parseInt64(before);
  if (value === undefined) throw CommandError.notAnInteger();
  const sum = value + by;
  if (!fitsInt64(sum)) throw new CommandError('ERR increment or decrement would overflow');
  db.put(key, sum.toString());
  db.changed(key, 'incrby');
  return integer(sum);
}

function counter(name: string, by: bigint, summary: string): CommandSpec {
  return {
    name,
    arity: 2,
    flags: ['write', 'denyoom', 'fast'],
    keys: ONE_KEY,
    group: 'string',
    since: '1.0.0',
    summary,
    complexity: 'O(1)',
    run: (session, args) => addTo(session, args[1]!, by),
  };
}

function counterBy(name: string, sign: bigint, summary: string): CommandSpec {
  return {
    name,
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    keys: ONE_KEY,
    group: 'string',
    since: '1.0.0',
    summary,
    complexity: 'O(1)',
    run(session, args) {
      const by = parseInt64(args[2]!);
      if (by === undefined) throw CommandError.notAnInteger();
      if (sign < 0n && !fitsInt64(-by)) throw new CommandError('ERR decrement would overflow');
      return addTo(session, args[1]!, sign * by);
    },
  };
}

const incrbyfloat: CommandSpec = {
  name: 'incrbyfloat',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.6.0',
  summary: 'Adds a decimal number to the one under a key.',
  complexity: 'O(1)',
  run({ db, server }, args) {
    const key = args[1]!;
    const before = db.writableString(key) ?? '0';
    if (parseDouble(before) === undefined || parseDouble(args[2]!) === undefined) {
      throw new CommandError('ERR value is not a valid float');
    }
    const sum = addDecimals(before, args[2]!);
    if (sum === undefined) throw new CommandError('ERR increment would produce NaN or Infinity');
    db.put(key, sum);
    db.changed(key, 'incrbyfloat');
    // The sum is written, not the step: adding decimals again elsewhere may round differently.
    server.propagateAs(['SET', key, sum, 'KEEPTTL']);
    return bulk(sum);
  },
};

function requireLength(length: number, session: Session): void {
  const limit = Math.min(session.server.config.values['proto-max-bulk-len'], MAX_STRING);
  if (length > limit) {
    throw new CommandError('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
  }
}

const append: CommandSpec = {
  name: 'append',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.0.0',
  summary: 'Adds text to the end of the string under a key.',
  complexity: 'O(1); the string is joined when it is read',
  run(session, args) {
    const { db } = session;
    const key = args[1]!;
    const before = db.writableString(key) ?? '';
    requireLength(before.length + args[2]!.length, session);
    const value = before + args[2]!;
    db.put(key, value);
    db.changed(key, 'append');
    return integer(value.length);
  },
};

const setrange: CommandSpec = {
  name: 'setrange',
  arity: 4,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.2.0',
  summary: 'Overwrites part of the string under a key, from an offset on.',
  complexity: 'O(N), N being the length of the string',
  run(session, args) {
    const { db } = session;
    const key = args[1]!;
    const offset = integerArg(args[2]!);
    const patch = args[3]!;
    if (offset < 0) throw new CommandError('ERR offset is out of range');
    const before = db.writableString(key);
    if (patch === '') return integer(before?.length ?? 0);
    requireLength(offset + patch.length, session);
    const padded = (before ?? '').padEnd(offset, '\0');
    const value = padded.slice(0, offset) + patch + padded.slice(offset + patch.length);
    db.put(key, value);
    db.changed(key, 'setrange');
    return integer(value.length);
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages INCR, DECR, INCRBY, DECRBY,
 * INCRBYFLOAT, APPEND, SETRANGE.
 */
export const STRING_CHANGE_COMMANDS: readonly CommandSpec[] = [
  counter('incr', 1n, 'Adds one to the integer under a key.'),
  counter('decr', -1n, 'Takes one from the integer under a key.'),
  counterBy('incrby', 1n, 'Adds to the integer under a key.'),
  counterBy('decrby', -1n, 'Takes from the integer under a key.'),
  incrbyfloat,
  append,
  setrange,
];
