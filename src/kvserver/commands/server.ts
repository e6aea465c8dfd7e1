import { CommandError } from '../command-error.ts';
import { NO_REPLY, OK } from '../resp/reply.ts';
import { parseDouble } from './arguments.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec } from './spec.ts';

const shutdown: CommandSpec = {
  name: 'shutdown',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  group: 'server',
  since: '1.0.0',
  summary: 'Writes and syncs what is buffered and ends the server.',
  complexity: 'O(N), N being the bytes that are still to be written',
  run({ server }, args) {
    for (const word of args.slice(1)) {
      if (!['nosave', 'now', 'force'].includes(word.toLowerCase())) throw CommandError.syntax();
    }
    server.stop();
    return NO_REPLY;
  },
};

/** Where Atomics.wait waits: nobody ever wakes it, so it sleeps without burning the CPU. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

const debugSleep: CommandSpec = {
  name: 'sleep',
  arity: 3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  group: 'server',
  since: '2.2.12',
  summary: 'Lets the whole server sleep for some seconds: a slow command on demand.',
  complexity: 'O(1), but everybody waits',
  run(_session, args) {
    const seconds = parseDouble(args[2]!);
    if (seconds === undefined || seconds < 0) throw new CommandError('ERR value is not a valid float');
    if (seconds > 0) Atomics.wait(NOBODY, 0, 0, seconds * 1000);
    return OK;
  },
};

const debug: CommandSpec = {
  name: 'debug',
  arity: -2,
  flags: [],
  group: 'server',
  since: '1.0.0',
  summary: 'For tests and lessons.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    debugSleep,
    helpCommand('DEBUG', 'server', [
      'SLEEP <seconds>',
      '    Let the whole server wait; fractions of a second are fine.',
    ]),
  ],
};

export const SERVER_COMMANDS: readonly CommandSpec[] = [shutdown, debug];
