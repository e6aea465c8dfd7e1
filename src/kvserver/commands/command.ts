import { CommandError } from '../command-error.ts';
import { array, bulk, bulks, integer, map, nilArray, type Resp, simple } from '../resp/reply.ts';
import { globMatch } from '../store/glob.ts';
import { helpCommand } from './help.ts';
import { keysOf } from './key-positions.ts';
import { allCommands, findCommand } from './registry.ts';
import { type CommandSpec, INTERNAL_FLAGS } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

/** Categories of access control that follow from what a command is and does. */
function categories(spec: CommandSpec): string[] {
  const has = (flag: CommandSpec['flags'][number]) => spec.flags.includes(flag);
  const found = [];
  if (has('write')) found.push('@write');
  if (has('readonly')) found.push('@read');
  if (spec.group === 'generic') found.push('@keyspace');
  else if (spec.group === 'sorted-set') found.push('@sortedset');
  else if (spec.group === 'transactions') found.push('@transaction');
  else if (spec.group !== 'server') found.push(`@${spec.group}`);
  if (has('admin')) found.push('@admin', '@dangerous');
  if (has('blocking')) found.push('@blocking');
  found.push(has('fast') ? '@fast' : '@slow');
  return found;
}

function keySpecs(spec: CommandSpec, resp: Resp): string {
  if (!spec.keys) return '*0\r\n';
  const { first, last, step } = spec.keys;
  const access = spec.flags.includes('write') ? ['RW', 'access', 'update'] : ['RO', 'access'];
  const range = map(resp, [
    bulk('lastkey'),
    integer(last < 0 ? last : last - first),
    bulk('keystep'),
    integer(step),
    bulk('limit'),
    integer(0),
  ]);
  return array([
    map(resp, [
      bulk('flags'),
      array(access.map(simple)),
      bulk('begin_search'),
      map(resp, [bulk('type'), bulk('index'), bulk('spec'), map(resp, [bulk('index'), integer(first)])]),
      bulk('find_keys'),
      map(resp, [bulk('type'), bulk('range'), bulk('spec'), range]),
    ]),
  ]);
}

/** One entry of COMMAND INFO. */
function describe(spec: CommandSpec, resp: Resp, parent?: string): string {
  const { first = 0, last = 0, step = 0 } = spec.keys ?? {};
  return array([
    bulk(parent ? `${parent}|${spec.name}` : spec.name),
    integer(spec.arity),
    array(spec.flags.filter((flag) => !INTERNAL_FLAGS.has(flag)).map(simple)),
    integer(first),
    integer(last),
    integer(step),
    array(categories(spec).map(simple)),
    '*0\r\n',
    keySpecs(spec, resp),
    array((spec.subcommands ?? []).map((one) => describe(one, resp, spec.name))),
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
  let names = allCommands().map((spec) => spec.name);
  if (args.length > 2) {
    if (args.length !== 5 || args[2]!.toLowerCase() !== 'filterby') throw CommandError.syntax();
    const by = args[3]!.toLowerCase();
    const value = args[4]!;
    if (by === 'pattern') names = names.filter((name) => globMatch(value, name, true));
    else if (by === 'aclcat') {
      names = names.filter((name) => categories(findCommand(name)!.spec).includes(`@${value.toLowerCase()}`));
    } else if (by === 'module') names = [];
    else throw CommandError.syntax();
  }
  return bulks(names);
};

const getKeys: Run = (_session, args) => {
  const request = args.slice(2);
  const found = findCommand(request[0]!);
  const spec = found?.spec.subcommands ? findCommand(`${request[0]}|${request[1]}`)?.spec : found?.spec;
  if (!spec) throw new CommandError('ERR Invalid command specified');
  const fits = spec.arity >= 0 ? request.length === spec.arity : request.length >= -spec.arity;
  const positions = keysOf(spec, request);
  if (positions === undefined) throw new CommandError('ERR The command has no key arguments');
  if (!fits) throw new CommandError('ERR Invalid number of arguments specified for command');
  return bulks(positions.map((at) => request[at]!));
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
    ]),
  ],
};

export const COMMAND_COMMANDS: readonly CommandSpec[] = [command];
