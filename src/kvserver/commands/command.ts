import { CommandError } from '../command-error.ts';
import { array, bulk, bulks, integer, map, nilArray, type Resp, setOf, simple } from '../resp/reply.ts';
import { globMatch } from '../store/glob.ts';
import { categories } from './categories.ts';
import { helpCommand } from './help.ts';
import { keysAndFlags } from './key-flags.ts';
import { hasKeys, keysOf } from './key-positions.ts';
import { keySpecs } from './key-specs.ts';
import { allCommands, findCommand, namedCommands } from './registry.ts';
import { type CommandSpec, INTERNAL_FLAGS } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

/** One entry of COMMAND INFO. */
function describe(spec: CommandSpec, resp: Resp, parent?: string): string {
  const { first = 0, last = 0, step = 0 } = spec.keys ?? {};
  return array([
    bulk(parent ? `${parent}|${spec.name}` : spec.name),
    integer(spec.arity),
    setOf(resp, spec.flags.filter((flag) => !INTERNAL_FLAGS.has(flag)).map(simple)),
    integer(first),
    integer(last),
    integer(step),
    setOf(resp, categories(spec, parent).map(simple)),
    setOf(resp, []),
    keySpecs(spec, resp),
    spec.subcommands ? array(spec.subcommands.map((one) => describe(one, resp, spec.name))) : setOf(resp, []),
  ]);
}

/** One entry of COMMAND DOCS: name, then what is known about it. */
function document(spec: CommandSpec, resp: Resp, parent?: string): string[] {
  const fields = [
    bulk('summary'),
    bulk(spec.summary),
    bulk('since'),
    bulk(spec.since),
    bulk('group'),
    bulk(spec.group),
    bulk('complexity'),
    bulk(spec.complexity),
  ];
  if (spec.subcommands) {
    fields.push(
      bulk('subcommands'),
      map(
        resp,
        spec.subcommands.flatMap((one) => document(one, resp, spec.name)),
      ),
    );
  }
  return [bulk(parent ? `${parent}|${spec.name}` : spec.name), map(resp, fields)];
}

const everything: Run = ({ resp }) => array(allCommands().map((spec) => describe(spec, resp)));

const info: Run = ({ resp }, args) => {
  if (args.length === 2) return everything({ resp } as Parameters<Run>[0], args);
  return array(
    args.slice(2).map((name) => {
      const found = findCommand(name);
      return found ? describe(found.spec, resp, found.parent?.name) : nilArray(resp);
    }),
  );
};

const docs: Run = ({ resp }, args) => {
  if (args.length === 2)
    return map(
      resp,
      allCommands().flatMap((spec) => document(spec, resp)),
    );
  const found = args.slice(2).flatMap((name) => findCommand(name) ?? []);
  return map(
    resp,
    found.flatMap(({ spec, parent }) => document(spec, resp, parent?.name)),
  );
};

const list: Run = (_session, args) => {
  let found = namedCommands();
  if (args.length > 2) {
    if (args.length !== 5 || args[2]!.toLowerCase() !== 'filterby') throw CommandError.syntax();
    const by = args[3]!.toLowerCase();
    const value = args[4]!;
    if (by === 'pattern') found = found.filter(({ name }) => globMatch(value, name, true));
    else if (by === 'aclcat') {
      found = found.filter(({ spec, parent }) =>
        categories(spec, parent).includes(`@${value.toLowerCase()}`),
      );
    } else if (by === 'module') found = [];
    else throw CommandError.syntax();
  }
  return bulks(found.map((one) => one.name));
};

/** A request within COMMAND GETKEYS. @throws CommandError when it is none, or has no keys */
function innerRequest(args: readonly string[]): { spec: CommandSpec; request: string[] } {
  const request = args.slice(2);
  const found = findCommand(request[0]!);
  const spec = found?.spec.subcommands ? findCommand(`${request[0]}|${request[1]}`)?.spec : found?.spec;
  if (!spec) throw new CommandError('ERR Invalid command specified');
  if (!hasKeys(spec)) throw new CommandError('ERR The command has no key arguments');
  const fits = spec.arity >= 0 ? request.length === spec.arity : request.length >= -spec.arity;
  if (!fits) throw new CommandError('ERR Invalid number of arguments specified for command');
  return { spec, request };
}

const getKeys: Run = (_session, args) => {
  const { spec, request } = innerRequest(args);
  const positions = keysOf(spec, request) ?? [];
  if (positions.length === 0) throw new CommandError('ERR Invalid arguments specified for command');
  return bulks(positions.map((at) => request[at]!));
};

const getKeysAndFlags: Run = (_session, args) => {
  const { spec, request } = innerRequest(args);
  const keys = keysAndFlags(spec, request) ?? [];
  return array(keys.map(({ key, flags }) => array([bulk(key), array(flags.map(simple))])));
};

function sub(name: string, arity: number, summary: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags: ['loading', 'stale'],
    group: 'server',
    since: '2.8.13',
    summary,
    complexity: 'O(N), N being the number of commands',
    run,
  };
}

const command: CommandSpec = {
  name: 'command',
  arity: -1,
  flags: ['loading', 'stale'],
  group: 'server',
  since: '2.8.13',
  summary: 'Describes the commands of this server.',
  complexity: 'O(N), N being the number of commands',
  run: everything,
  subcommands: [
    sub('count', 2, 'Counts the commands.', () => integer(allCommands().length)),
    sub('docs', -2, 'Explains commands.', docs),
    sub('info', -2, 'Describes commands for client libraries.', info),
    sub('list', -2, 'Lists the names of commands.', list),
    sub('getkeys', -4, 'Finds the keys in a request.', getKeys),
    sub(
      'getkeysandflags',
      -4,
      'Finds the keys in a request, and says what it does with each.',
      getKeysAndFlags,
    ),
    helpCommand('COMMAND', 'server', [
      '(no subcommand)',
      '    What every command is and does.',
      'COUNT',
      '    How many there are.',
      'LIST [FILTERBY <filter> <value>]',
      '    Their names; FILTERBY PATTERN or ACLCAT narrows it down.',
      'INFO [<command-name> ...]',
      '    Arity, flags and keys, for client libraries.',
      'DOCS [<command-name> ...]',
      '    Explanations, for people.',
      'GETKEYS <full-command>',
      '    The keys in a request.',
      'GETKEYSANDFLAGS <full-command>',
      '    The keys in a request, and what it does with each.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages COMMAND COUNT, COMMAND DOCS,
 * COMMAND INFO, COMMAND LIST, COMMAND GETKEYS, COMMAND GETKEYSANDFLAGS.
 */
export const COMMAND_COMMANDS: readonly CommandSpec[] = [command];
