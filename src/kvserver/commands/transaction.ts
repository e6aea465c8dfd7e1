import { call } from '../call.ts';
import { CommandError } from '../command-error.ts';
import { nilArray, OK } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import type { CommandSpec } from './spec.ts';

const multi: CommandSpec = {
  name: 'multi',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_queue'],
  group: 'transactions',
  since: '1.2.0',
  summary: 'Begins a transaction: what follows is queued until EXEC.',
  complexity: 'O(1)',
  run(session) {
    if (session.multi) throw new CommandError('ERR MULTI calls can not be nested');
    session.multi = { queue: [], broken: false };
    return OK;
  },
};

/** Expiry that nobody has noticed yet counts as a change, too. */
function watchedKeyChanged(session: Session): boolean {
  for (const { db, key } of session.watched) db.expireIfDue(key);
  return session.watchBroken;
}

const exec: CommandSpec = {
  name: 'exec',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'no_queue', 'transparent', 'skip_slowlog'],
  group: 'transactions',
  since: '1.2.0',
  summary: 'Runs what was queued since MULTI, with nothing in between.',
  complexity: 'That of the queued commands',
  run(session) {
    const transaction = session.multi;
    if (!transaction) throw new CommandError('ERR EXEC without MULTI');
    const changed = watchedKeyChanged(session);
    session.endTransaction();
    if (transaction.broken) {
      throw new CommandError('EXECABORT Transaction discarded because of previous errors.');
    }
    if (changed) return nilArray(session.resp);
    session.inExec = true;
    try {
      return session.server.aof.collect(() => {
        let out = `*${transaction.queue.length}\r\n`;
        for (const { command, args } of transaction.queue) out += call(session, command, args);
        return out;
      });
    } finally {
      session.inExec = false;
    }
  },
};

const discard: CommandSpec = {
  name: 'discard',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_queue'],
  group: 'transactions',
  since: '2.0.0',
  summary: 'Drops what was queued since MULTI.',
  complexity: 'O(N), N being the number of queued commands',
  run(session) {
    if (!session.multi) throw new CommandError('ERR DISCARD without MULTI');
    session.endTransaction();
    return OK;
  },
};

const watch: CommandSpec = {
  name: 'watch',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_queue'],
  keys: { first: 1, last: -1, step: 1 },
  group: 'transactions',
  since: '2.2.0',
  summary: 'Lets the next EXEC do nothing if one of these keys changes before it.',
  complexity: 'O(1) a key',
  run(session, args) {
    if (session.multi) throw new CommandError('ERR WATCH inside MULTI is not allowed');
    for (const key of args.slice(1)) {
      // A key that has expired already is gone now, not later.
      session.db.expireIfDue(key);
      session.server.watches.watch(session, session.db, key);
    }
    return OK;
  },
};

const unwatch: CommandSpec = {
  name: 'unwatch',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast'],
  group: 'transactions',
  since: '2.2.0',
  summary: 'Forgets all watched keys.',
  complexity: 'O(1)',
  run(session) {
    session.server.watches.forget(session);
    return OK;
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages MULTI, EXEC, DISCARD, WATCH,
 * UNWATCH.
 */
export const TRANSACTION_COMMANDS: readonly CommandSpec[] = [multi, exec, discard, watch, unwatch];
