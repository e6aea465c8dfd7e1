import { CommandError } from '../command-error.ts';
import { bulk, nil, OK, ONE, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { expiryMoment, TIME_OPTIONS, type TimeForm } from './expiry-time.ts';
import type { CommandSpec } from './spec.ts';

interface SetOptions {
  onlyIf?: 'absent' | 'present';
  get: boolean;
  keepTtl: boolean;
  time?: { readonly option: string; readonly form: TimeForm; readonly text: string };
}

/** Reads the options behind SET key value. @throws CommandError for an unknown or contradictory one */
function readOptions(args: readonly string[]): SetOptions {
  const options: SetOptions = { get: false, keepTtl: false };
  for (let i = 3; i < args.length; i++) {
    const word = args[i]!.toLowerCase();
    const form = TIME_OPTIONS[word];
    // The same option may be given twice, the last one counts; two different ones contradict each other.
    const free = !options.keepTtl && (options.time?.option ?? word) === word;
    if (form && i + 1 < args.length && free) {
      options.time = { option: word, form, text: args[++i]! };
    } else if (word === 'nx' && options.onlyIf !== 'present') options.onlyIf = 'absent';
    else if (word === 'xx' && options.onlyIf !== 'absent') options.onlyIf = 'present';
    else if (word === 'get') options.get = true;
    else if (word === 'keepttl' && !options.time) options.keepTtl = true;
    else throw CommandError.syntax();
  }
  return options;
}

/** Stores a string with an expiry, and has it written with the moment instead of the span. */
function storeUntil(session: Session, key: string, value: string, at: number): void {
  const { db, server } = session;
  db.set(key, value);
  db.expireAt(key, at);
  db.changed(key, 'set');
  db.notify(key, 'expire');
  server.propagateAs(['SET', key, value, 'PXAT', String(at)]);
}

const set: CommandSpec = {
  name: 'set',
  arity: -3,
  flags: ['write', 'denyoom'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'string',
  since: '1.0.0',
  summary: 'Stores a string under a key, whatever the key held before.',
  complexity: 'O(1)',
  run(session, args) {
    const { db, resp, server } = session;
    const key = args[1]!;
    const value = args[2]!;
    // Nearly every SET has no options; it shall not pay for them.
    if (args.length === 3) {
      db.set(key, value);
      db.changed(key, 'set');
      return OK;
    }
    const options = readOptions(args);
    const at = options.time && expiryMoment(options.time.text, options.time.form, server.now, 'set', true);
    const before = options.get ? db.readString(key) : undefined;
    const previous = options.get ? (before === undefined ? nil(resp) : bulk(before)) : undefined;
    if (options.onlyIf && db.has(key) !== (options.onlyIf === 'present')) return previous ?? nil(resp);
    if (at !== undefined) storeUntil(session, key, value, at);
    else {
      if (options.keepTtl) db.put(key, value);
      else db.set(key, value);
      db.changed(key, 'set');
      if (options.get) server.propagateAs(args.filter((word, i) => i < 3 || word.toLowerCase() !== 'get'));
    }
    return previous ?? OK;
  },
};

const setnx: CommandSpec = {
  name: 'setnx',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'string',
  since: '1.0.0',
  summary: 'Stores a string under a key that does not exist yet.',
  complexity: 'O(1)',
  run({ db }, args) {
    const key = args[1]!;
    if (db.has(key)) return ZERO;
    db.set(key, args[2]!);
    db.changed(key, 'set');
    return ONE;
  },
};

function setWithSpan(name: string, form: TimeForm, summary: string): CommandSpec {
  return {
    name,
    arity: 4,
    flags: ['write', 'denyoom'],
    keys: { first: 1, last: 1, step: 1 },
    group: 'string',
    since: name === 'setex' ? '2.0.0' : '2.6.0',
    summary,
    complexity: 'O(1)',
    run(session, args) {
      const at = expiryMoment(args[2]!, form, session.server.now, name, true);
      storeUntil(session, args[1]!, args[3]!, at);
      return OK;
    },
  };
}

const getset: CommandSpec = {
  name: 'getset',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: { first: 1, last: 1, step: 1 },
  group: 'string',
  since: '1.0.0',
  summary: 'Stores a string and returns the one it replaces.',
  complexity: 'O(1)',
  run({ db, resp, server }, args) {
    const key = args[1]!;
    const before = db.readString(key);
    db.set(key, args[2]!);
    db.changed(key, 'set');
    server.propagateAs(['SET', key, args[2]!]);
    return before === undefined ? nil(resp) : bulk(before);
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages SET, SETNX, SETEX, PSETEX,
 * GETSET.
 */
export const STRING_SET_COMMANDS: readonly CommandSpec[] = [
  set,
  setnx,
  setWithSpan('setex', TIME_OPTIONS.ex!, 'Stores a string that expires after some seconds.'),
  setWithSpan('psetex', TIME_OPTIONS.px!, 'Stores a string that expires after some milliseconds.'),
  getset,
];
