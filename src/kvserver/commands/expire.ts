import { CommandError } from '../command-error.ts';
import { integer, ONE, ZERO } from '../resp/reply.ts';
import { expiryMoment, type TimeForm } from './expiry-time.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

interface Conditions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
}

function readConditions(args: readonly string[]): Conditions {
  const found: Conditions = { nx: false, xx: false, gt: false, lt: false };
  for (const word of args.slice(3)) {
    const name = word.toLowerCase();
    if (!Object.hasOwn(found, name)) throw new CommandError(`ERR Unsupported option ${word}`);
    found[name as keyof Conditions] = true;
  }
  if (found.nx && (found.xx || found.gt || found.lt)) {
    throw new CommandError('ERR NX and XX, GT or LT options at the same time are not compatible');
  }
  if (found.gt && found.lt)
    throw new CommandError('ERR GT and LT options at the same time are not compatible');
  return found;
}

/** A key without expiry lives for ever: for GT and LT that is the latest moment of all. */
function allowed(when: Conditions, current: number | undefined, at: number): boolean {
  if (when.nx && current !== undefined) return false;
  if (when.xx && current === undefined) return false;
  if (when.gt && at <= (current ?? Number.POSITIVE_INFINITY)) return false;
  return !(when.lt && at >= (current ?? Number.POSITIVE_INFINITY));
}

function setter(name: string, form: TimeForm, since: string, summary: string): CommandSpec {
  return {
    name,
    arity: -3,
    flags: ['write', 'fast'],
    keys: ONE_KEY,
    group: 'generic',
    since,
    summary,
    complexity: 'O(1)',
    run({ db, server }, args) {
      const key = args[1]!;
      const when = readConditions(args);
      const at = expiryMoment(args[2]!, form, server.now, name, false);
      if (!db.has(key) || !allowed(when, db.expiryOf(key), at)) return ZERO;
      if (at <= server.now && !server.loading) {
        db.delete(key);
        db.changed(key, 'del');
        server.propagateAs(['DEL', key]);
      } else {
        db.expireAt(key, at);
        db.changed(key, 'expire');
        server.propagateAs(['PEXPIREAT', key, String(at)]);
      }
      return ONE;
    },
  };
}

function getter(
  name: string,
  since: string,
  summary: string,
  answer: (at: number, now: number) => number,
): CommandSpec {
  return {
    name,
    arity: 2,
    flags: ['readonly', 'fast'],
    keys: ONE_KEY,
    group: 'generic',
    since,
    summary,
    complexity: 'O(1)',
    run({ db, server }, args) {
      if (!db.look(args[1]!)) return integer(-2);
      const at = db.expiryOf(args[1]!);
      return integer(at === undefined ? -1 : answer(at, server.now));
    },
  };
}

const persist: CommandSpec = {
  name: 'persist',
  arity: 2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '2.2.0',
  summary: 'Removes the expiry of a key.',
  complexity: 'O(1)',
  run({ db }, args) {
    const key = args[1]!;
    if (!db.has(key) || !db.persist(key)) return ZERO;
    db.changed(key, 'persist');
    return ONE;
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages EXPIRE, PEXPIRE, EXPIREAT,
 * PEXPIREAT, TTL, PTTL, EXPIRETIME, PEXPIRETIME, PERSIST.
 */
export const EXPIRE_COMMANDS: readonly CommandSpec[] = [
  setter('expire', { unit: 's', absolute: false }, '1.0.0', 'Lets a key expire after some seconds.'),
  setter('pexpire', { unit: 'ms', absolute: false }, '2.6.0', 'Lets a key expire after some milliseconds.'),
  setter(
    'expireat',
    { unit: 's', absolute: true },
    '1.2.0',
    'Lets a key expire at a moment, in epoch seconds.',
  ),
  setter(
    'pexpireat',
    { unit: 'ms', absolute: true },
    '2.6.0',
    'Lets a key expire at a moment, in epoch milliseconds.',
  ),
  getter('ttl', '1.0.0', 'Returns the seconds until a key expires.', (at, now) =>
    Math.floor((Math.max(0, at - now) + 500) / 1000),
  ),
  getter('pttl', '2.6.0', 'Returns the milliseconds until a key expires.', (at, now) =>
    Math.max(0, at - now),
  ),
  getter('expiretime', '7.0.0', 'Returns when a key expires, in epoch seconds.', (at) =>
    Math.floor((at + 500) / 1000),
  ),
  getter('pexpiretime', '7.0.0', 'Returns when a key expires, in epoch milliseconds.', (at) => at),
  persist,
];
