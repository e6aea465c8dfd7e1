import { CommandError } from '../command-error.ts';
import { OK } from '../resp/reply.ts';
import type { CommandSpec } from './spec.ts';

const monitor: CommandSpec = {
  name: 'monitor',
  arity: 1,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  group: 'server',
  since: '1.0.0',
  summary: 'Sends this client every command that the server runs, until RESET or the end of the connection.',
  complexity: 'O(N) for each command from then on, N being the clients that watch',
  run(session) {
    if (session.inExec) throw new CommandError("ERR MONITOR isn't allowed for DENY BLOCKING client");
    session.server.monitors.add(session);
    return OK;
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, page MONITOR. */
export const MONITOR_COMMANDS: readonly CommandSpec[] = [monitor];
