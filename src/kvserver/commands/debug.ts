import { CommandError } from '../command-error.ts';
import { sleepNow } from '../faults.ts';
import { array, error, OK, simple } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { parseDouble, rangedArg } from './arguments.ts';
import { datasetDigest, valueDigest } from './debug-digest.ts';
import { protocolSample } from './debug-protocol.ts';
import { debugLoadAof, debugReload } from './debug-reload.ts';
import { describeObject, describeStringSizes, describeTable, keyTable } from './debug-view.ts';
import { allows } from './local.ts';
import { encodingOf } from './object.ts';
import type { CommandSpec } from './spec.ts';

/**
 * One subcommand of DEBUG. `args` counts the words after its name; a negative number: at least that many; "any":
 * it looks itself.
 */
export interface DebugSubcommand {
  readonly args: number | 'any';
  readonly usage: string;
  readonly help: string;
  run(session: Session, args: readonly string[]): string;
}

function sleep(_session: Session, args: readonly string[]): string {
  const seconds = parseDouble(args[2]!);
  if (seconds === undefined || seconds < 0) throw new CommandError('ERR value is not a valid float');
  sleepNow(seconds * 1000);
  return OK;
}

/** Makes many keys at once; those that are there stay as they are. Not written to the append-only file. */
function populate({ db }: Session, args: readonly string[]): string {
  if (args.length > 5) throw wrongUse('populate');
  const count = rangedArg(args[2]!, 0, 2 ** 31, 'ERR value is out of range, must be positive');
  const prefix = args[3] ?? 'key';
  const size = args[4] === undefined ? 0 : rangedArg(args[4], 0, 2 ** 29, 'ERR value is out of range');
  for (let i = 0; i < count; i++) {
    const key = `${prefix}:${i}`;
    if (db.has(key)) continue;
    const value = `value:${i}`;
    db.set(key, size === 0 ? value : value.slice(0, size).padEnd(size, '\0'));
  }
  return OK;
}

function requireListpack({ db, server }: Session, args: readonly string[]): string {
  const value = db.peek(args[2]!);
  if (value === undefined) throw new CommandError('ERR no such key');
  if (encodingOf(value, server.config.values) !== 'listpack') {
    throw new CommandError('ERR Not a listpack encoded object.');
  }
  return simple('This server keeps no listpacks: the name stands for a small collection');
}

/** A switch or a number that other servers need for their own memory layout; it changes nothing here. */
function nothingToChange(args: number, usage: string, help: string): DebugSubcommand {
  return { args, usage, help, run: () => OK };
}

/** By name in lower case. A new subcommand: one entry here. */
export const DEBUG_SUBCOMMANDS: Readonly<Record<string, DebugSubcommand>> = {
  'change-repl-id': {
    args: 0,
    usage: 'CHANGE-REPL-ID',
    help: 'Draw a new replication id.',
    run({ server }) {
      server.changeReplicationId();
      return OK;
    },
  },
  'dict-resizing': nothingToChange(1, 'DICT-RESIZING <0|1>', 'Accepted; tables are resized as they need it.'),
  digest: {
    args: 0,
    usage: 'DIGEST',
    help: 'A hash over all keys and values: equal on two servers that hold the same.',
    run: ({ server }) => simple(datasetDigest(server.keyspaces)),
  },
  'digest-value': {
    args: -1,
    usage: 'DIGEST-VALUE <key> [<key> ...]',
    help: 'The same over single values.',
    run: ({ db }, args) => array(args.slice(2).map((key) => simple(valueDigest(db, key)))),
  },
  error: {
    args: 1,
    usage: 'ERROR <string>',
    help: 'Answer with this error.',
    run: (_session, args) => error(args[2]!),
  },
  htstats: {
    args: 1,
    usage: 'HTSTATS <dbid>',
    help: 'Sizes of the tables of a database.',
    run({ server, resp }, args) {
      const db =
        server.keyspaces[rangedArg(args[2]!, 0, server.keyspaces.length - 1, 'ERR Out of range database')]!;
      return describeTable(resp, [
        ['Dictionary HT', db.table],
        ['Expires HT', db.expires],
      ]);
    },
  },
  'htstats-key': {
    args: 1,
    usage: 'HTSTATS-KEY <key>',
    help: 'The same for the table of a value.',
    run: ({ db, resp, server }, args) =>
      describeTable(resp, [['Value HT', keyTable(db.peek(args[2]!), server.config.values)]]),
  },
  listpack: {
    args: 1,
    usage: 'LISTPACK <key>',
    help: 'Whether a value is kept compactly.',
    run: requireListpack,
  },
  loadaof: {
    args: 0,
    usage: 'LOADAOF',
    help: 'Load the append-only file again.',
    run: debugLoadAof,
  },
  log: {
    args: 1,
    usage: 'LOG <message>',
    help: 'Write a line to the log.',
    run({ server }, args) {
      server.log(`DEBUG LOG: ${args[2]!.replace(/[\r\n]/g, ' ')}`);
      return OK;
    },
  },
  object: {
    args: 1,
    usage: 'OBJECT <key>',
    help: 'How a value is kept.',
    run: (session, args) => simple(describeObject(session, args[2]!)),
  },
  populate: {
    args: -1,
    usage: 'POPULATE <count> [<prefix>] [<size>]',
    help: 'Make <count> strings named key:<number>, or <prefix>:<number>.',
    run: populate,
  },
  protocol: {
    args: 1,
    usage: 'PROTOCOL <type>',
    help: 'A sample of a type of reply: string, integer, double, bignum, null, array, set, map, attrib, push, verbatim, true, false.',
    run: ({ resp }, args) => protocolSample(args[2]!.toLowerCase(), resp),
  },
  'quicklist-packed-threshold': nothingToChange(
    1,
    'QUICKLIST-PACKED-THRESHOLD <size>',
    'Accepted; a list has one form here.',
  ),
  reload: {
    args: 'any',
    usage: 'RELOAD [MERGE] [NOFLUSH] [NOSAVE]',
    help: 'Save the snapshot and load it again.',
    run: debugReload,
  },
  replybuffer: nothingToChange(2, 'REPLYBUFFER <option> <value>', 'Accepted; replies are kept as they come.'),
  sdslen: {
    args: 1,
    usage: 'SDSLEN <key>',
    help: 'Lengths of a key and its string.',
    run: ({ db }, args) => simple(describeStringSizes(args[2]!, db.peek(args[2]!))),
  },
  'set-active-expire': {
    args: 1,
    usage: 'SET-ACTIVE-EXPIRE <0|1>',
    help: 'With 0, keys expire only when somebody asks for them.',
    run({ server }, args) {
      server.activeExpire = args[2] !== '0';
      return OK;
    },
  },
  'set-disable-deny-scripts': nothingToChange(
    1,
    'SET-DISABLE-DENY-SCRIPTS <0|1>',
    'Accepted; there are no scripts here.',
  ),
  sleep: {
    args: 1,
    usage: 'SLEEP <seconds>',
    help: 'Let the whole server wait; fractions of a second are fine.',
    run: sleep,
  },
};

function wrongUse(name: string): CommandError {
  return new CommandError(
    `ERR unknown subcommand or wrong number of arguments for '${name.slice(0, 128)}'. Try DEBUG HELP.`,
  );
}

const NOT_ALLOWED =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local ' +
  'connection, otherwise you need to set this option in the configuration file, and then restart the server.';

function requireAllowed(session: Session): void {
  const setting = session.server.config.values['enable-debug-command'];
  if (!allows(setting, session)) throw new CommandError(NOT_ALLOWED);
}

function fits(wanted: DebugSubcommand['args'], given: number): boolean {
  if (wanted === 'any') return true;
  return wanted >= 0 ? given === wanted : given >= -wanted;
}

function help(): string {
  const lines = ['DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:'];
  for (const one of Object.values(DEBUG_SUBCOMMANDS)) lines.push(one.usage, `    ${one.help}`);
  return `*${lines.length + 2}\r\n${[...lines, 'HELP', '    These lines.'].map(simple).join('')}`;
}

const debug: CommandSpec = {
  name: 'debug',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  group: 'server',
  since: '1.0.0',
  summary: 'For tests and lessons.',
  complexity: 'Depends on the subcommand',
  run(session, args) {
    requireAllowed(session);
    const name = args[1]!.toLowerCase();
    if (name === 'help' && args.length === 2) return help();
    const sub = Object.hasOwn(DEBUG_SUBCOMMANDS, name) ? DEBUG_SUBCOMMANDS[name] : undefined;
    const given = args.length - 2;
    if (!sub || !fits(sub.args, given)) throw wrongUse(args[1]!);
    return sub.run(session, args);
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, page DEBUG. */
export const DEBUG_COMMANDS: readonly CommandSpec[] = [debug];
