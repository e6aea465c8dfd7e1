import { CommandError } from '../command-error.ts';
import { NO_REPLY } from '../resp/reply.ts';
import type { CommandSpec } from './spec.ts';

const WORDS = ['save', 'nosave', 'now', 'force', 'abort'] as const;
type Word = (typeof WORDS)[number];

function readWords(args: readonly string[]): Set<Word> {
  const given = new Set<Word>();
  for (const arg of args.slice(1)) {
    const word = WORDS.find((one) => one === arg.toLowerCase());
    if (!word) throw CommandError.syntax();
    given.add(word);
  }
  const contradictory = given.has('save') && given.has('nosave');
  if (contradictory || (given.has('abort') && args.length > 2)) throw CommandError.syntax();
  return given;
}

const shutdown: CommandSpec = {
  name: 'shutdown',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi'],
  group: 'server',
  since: '1.0.0',
  summary:
    'Writes and syncs what is buffered, saves a snapshot if there are save rules, and ends the server.',
  complexity:
    'O(N) with a snapshot, N being the number of keys; otherwise the bytes that are still to be written',
  run({ server }, args) {
    const words = readWords(args);
    // NOW means: without waiting for replicas. There are none, so nothing is ever waited for or aborted.
    if (words.has('abort')) throw new CommandError('ERR No shutdown in progress.');
    const save = words.has('save') || (words.has('nosave') ? false : undefined);
    const problem = server.shutdown({ ...(save !== undefined && { save }), force: words.has('force') });
    if (problem !== undefined) {
      server.log(problem);
      throw new CommandError('ERR Errors trying to SHUTDOWN. Check logs.');
    }
    return NO_REPLY;
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, page SHUTDOWN. */
export const SHUTDOWN_COMMANDS: readonly CommandSpec[] = [shutdown];
