import { CommandError } from '../command-error.ts';
import { integer, OK, simple } from '../resp/reply.ts';
import type { Server } from '../server.ts';
import type { CommandSpec } from './spec.ts';

const IN_PROGRESS = 'ERR Background save already in progress';

/** The client learns that it failed, the log why. */
function logged(server: Server, run: () => void): void {
  try {
    run();
  } catch (error) {
    server.log(`cannot save the snapshot: ${(error as Error).message}`);
    throw new CommandError('ERR');
  }
}

const save: CommandSpec = {
  name: 'save',
  arity: 1,
  flags: ['admin', 'noscript', 'no_multi'],
  group: 'server',
  since: '1.0.0',
  summary: 'Writes the snapshot while everybody waits.',
  complexity: 'O(N), N being the number of keys',
  run({ server }) {
    if (server.snapshots.savingMs !== undefined) throw new CommandError(IN_PROGRESS);
    logged(server, () => server.snapshots.saveNow());
    return OK;
  },
};

const bgsave: CommandSpec = {
  name: 'bgsave',
  arity: -1,
  flags: ['admin', 'noscript'],
  group: 'server',
  since: '1.0.0',
  summary: 'Writes the snapshot in the background.',
  complexity: 'O(N) in the background, N being the number of keys; a block copy of the tables at once',
  run({ server }, args) {
    const schedule = args.length === 2 && args[1]!.toLowerCase() === 'schedule';
    if (args.length > 1 && !schedule) throw CommandError.syntax();
    if (server.snapshots.savingMs !== undefined) throw new CommandError(IN_PROGRESS);
    if (server.persistence.rewriting) {
      if (!schedule) {
        throw new CommandError(
          "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to " +
            'schedule a BGSAVE whenever possible.',
        );
      }
      server.snapshots.scheduled = true;
      return simple('Background saving scheduled');
    }
    logged(server, () => server.snapshots.startSave());
    return simple('Background saving started');
  },
};

const lastsave: CommandSpec = {
  name: 'lastsave',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  group: 'server',
  since: '1.0.0',
  summary: 'Returns when the snapshot was written last, in epoch seconds.',
  complexity: 'O(1)',
  run: ({ server }) => integer(Math.floor(server.snapshots.lastSaveAt / 1000)),
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages SAVE, BGSAVE, LASTSAVE. */
export const SAVE_COMMANDS: readonly CommandSpec[] = [save, bgsave, lastsave];
