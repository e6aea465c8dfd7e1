import { CommandError } from '../command-error.ts';
import { simple } from '../resp/reply.ts';
import type { Server } from '../server.ts';
import type { CommandSpec } from './spec.ts';

function start(server: Server): void {
  try {
    server.aof.startRewrite(server.config.values.appendonly);
  } catch (error) {
    const reason = (error as Error).message;
    server.log(`the rewrite of the append-only file cannot begin: ${reason}`);
    throw new CommandError(`ERR Background append only file rewriting cannot begin: ${reason}`);
  }
}

const bgrewriteaof: CommandSpec = {
  name: 'bgrewriteaof',
  arity: 1,
  flags: ['admin', 'noscript'],
  group: 'server',
  since: '1.0.0',
  summary: 'Makes the append-only file as small as the data set, in the background.',
  complexity: 'O(N) in the background, N being the number of keys; a block copy of the tables at once',
  run({ server }) {
    if (server.aof.rewritingMs !== undefined) {
      throw new CommandError('ERR Background append only file rewriting already in progress');
    }
    if (server.persistence.rewriting) {
      server.aof.rewriteScheduled = true;
      return simple('Background append only file rewriting scheduled');
    }
    start(server);
    return simple('Background append only file rewriting started');
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, page BGREWRITEAOF. */
export const REWRITE_COMMANDS: readonly CommandSpec[] = [bgrewriteaof];
