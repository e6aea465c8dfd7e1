import { CommandError } from '../command-error.ts';
import { array, bulk, bulks, integer, OK } from '../resp/reply.ts';
import { INT64_LIMIT, rangedArg } from './arguments.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const DEFAULT_COUNT = 10;

const get: Run = ({ server }, args) => {
  if (args.length > 3) throw CommandError.wrongSubcommand('SLOWLOG', args[1]!);
  const message = 'ERR count should be greater than or equal to -1';
  const count = args[2] === undefined ? DEFAULT_COUNT : rangedArg(args[2], -1, INT64_LIMIT, message);
  const { entries } = server.slowlog;
  const chosen = count === -1 ? entries : entries.slice(0, count);
  return array(
    chosen.map(({ id, at, us, args: request, address, name }) =>
      array([integer(id), integer(at), integer(us), bulks(request), bulk(address), bulk(name)]),
    ),
  );
};

function sub(name: string, arity: number, summary: string, complexity: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags: ['admin', 'loading', 'stale'],
    group: 'server',
    since: '2.2.12',
    summary,
    complexity,
    run,
  };
}

const slowlog: CommandSpec = {
  name: 'slowlog',
  arity: -2,
  flags: [],
  group: 'server',
  since: '2.2.12',
  summary: 'About commands that took long.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('get', -2, 'Returns the latest slow commands.', 'O(N), N being the number returned', get),
    sub('len', 2, 'Counts the slow commands that are kept.', 'O(1)', ({ server }) =>
      integer(server.slowlog.entries.length),
    ),
    sub('reset', 2, 'Forgets the slow commands.', 'O(1)', ({ server }) => {
      server.slowlog.reset();
      return OK;
    }),
    helpCommand('SLOWLOG', 'server', [
      'GET [<count>]',
      '    The latest slow commands; 10 unless told, all with -1. Each has a number, a time, its microseconds,',
      '    the arguments, the address and the name of the client.',
      'LEN',
      '    How many are kept.',
      'RESET',
      '    Forget them.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages SLOWLOG GET, SLOWLOG LEN, SLOWLOG
 * RESET.
 */
export const SLOWLOG_COMMANDS: readonly CommandSpec[] = [slowlog];
