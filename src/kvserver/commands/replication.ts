import { CommandError } from '../command-error.ts';
import { array, bulk, EMPTY_ARRAY, integer, NO_REPLY, OK, ZERO } from '../resp/reply.ts';
import { integerArg } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

const role: CommandSpec = {
  name: 'role',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast'],
  group: 'server',
  since: '2.8.12',
  summary: 'Returns the part that this server plays in replication: a master without replicas.',
  complexity: 'O(1)',
  run: () => array([bulk('master'), integer(0), EMPTY_ARRAY]),
};

function replicaOf(name: 'replicaof' | 'slaveof', since: string): CommandSpec {
  return {
    name,
    arity: 3,
    flags: ['admin', 'noscript', 'stale'],
    group: 'server',
    since,
    summary: 'Accepts NO ONE only: this server replicates nobody.',
    complexity: 'O(1)',
    run(_session, args) {
      if (args[1]!.toLowerCase() === 'no' && args[2]!.toLowerCase() === 'one') return OK;
      throw new CommandError(`ERR ${name.toUpperCase()} is not available: this server has no replication`);
    },
  };
}

const wait: CommandSpec = {
  name: 'wait',
  arity: 3,
  flags: ['noscript'],
  group: 'generic',
  since: '3.0.0',
  summary: 'Waits until replicas have the last write; there are none, so it waits until its time is over.',
  complexity: 'O(1)',
  run(session, args) {
    const { server, db } = session;
    const replicas = integerArg(args[1]!);
    const timeout = integerArg(args[2]!, 'ERR timeout is not an integer or out of range');
    if (timeout < 0) throw new CommandError('ERR timeout is negative');
    if (replicas <= 0 || session.inExec) return ZERO;
    server.blocking.block(session, { db, keys: [], serve: () => undefined, timeoutReply: ZERO }, timeout);
    return NO_REPLY;
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages ROLE, REPLICAOF, SLAVEOF, WAIT. */
export const REPLICATION_COMMANDS: readonly CommandSpec[] = [
  role,
  replicaOf('replicaof', '5.0.0'),
  replicaOf('slaveof', '1.0.0'),
  wait,
];
