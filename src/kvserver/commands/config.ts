import { CommandError } from '../command-error.ts';
import { type Change, Config } from '../config/config.ts';
import { applyEffect } from '../config/effects.ts';
import { rewriteConfFile } from '../config/rewrite-file.ts';
import { bulk, map, OK } from '../resp/reply.ts';
import { splitWords } from '../resp/split-words.ts';
import type { Session } from '../session.ts';
import { globMatch } from '../store/glob.ts';
import { helpCommand } from './help.ts';
import { allows } from './local.ts';
import type { CommandSpec } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

const get: Run = ({ server, resp }, args) => {
  const patterns = args.slice(2);
  const names = server.config
    .names()
    .filter((name) => patterns.some((pattern) => globMatch(pattern, name, true)));
  return map(
    resp,
    names.flatMap((name) => [bulk(name), bulk(server.config.print(name))]),
  );
};

function failed(name: string, reason: string): CommandError {
  return new CommandError(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`);
}

/** Other servers can change them while they run; what is no change is accepted here, too. */
const AT_START_HERE: ReadonlySet<string> = new Set(['bind', 'port']);

/** Reads every pair before any takes effect. @throws CommandError */
function readChanges(session: Session, args: readonly string[]): Change[] {
  const { server } = session;
  if (args.length % 2 !== 0) throw new CommandError("ERR wrong number of arguments for 'config|set' command");
  const changes = new Map<string, Change>();
  for (let i = 2; i < args.length; i += 2) {
    const name = Config.find(args[i]!);
    if (!name)
      throw new CommandError(`ERR Unknown option or number of arguments for CONFIG SET - '${args[i]}'`);
    if (!Config.isMutable(name)) {
      if (AT_START_HERE.has(name) && args[i + 1] === server.config.print(name)) continue;
      throw failed(args[i]!, "can't set immutable config");
    }
    if (Config.isGuarded(name) && !allows(server.config.values['enable-protected-configs'], session)) {
      throw failed(args[i]!, "can't set protected config");
    }
    if (changes.has(name)) throw failed(args[i]!, 'duplicate parameter');
    const words = Config.takesMany(name) ? (splitWords(args[i + 1]!) ?? []) : [args[i + 1]!];
    const result = server.config.read(name, words);
    if ('reason' in result) throw failed(args[i]!, result.reason);
    changes.set(name, result.change);
  }
  return [...changes.values()];
}

const set: Run = (session, args) => {
  const { server } = session;
  const undo: Change[] = [];
  const done: Change[] = [];
  const changes = readChanges(session, args);
  for (const change of changes) undo.unshift(server.config.apply(change));
  try {
    for (const change of changes) {
      done.push(change);
      applyEffect(server, change.name);
    }
  } catch (thrown) {
    for (const change of undo) server.config.apply(change);
    for (const change of done) applyEffect(server, change.name);
    throw failed(done.at(-1)!.name, (thrown as Error).message);
  }
  return OK;
};

const resetStat: Run = ({ server }) => {
  server.stats.reset();
  server.memory.resetPeak();
  return OK;
};

const rewrite: Run = ({ server }) => {
  if (server.configFile === '') throw new CommandError('ERR The server is running without a config file');
  try {
    rewriteConfFile(server.configFile, server.config);
  } catch (error) {
    throw new CommandError(`ERR Rewriting config file: ${(error as Error).message}`);
  }
  return OK;
};

function sub(name: string, arity: number, summary: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    group: 'server',
    since: '2.0.0',
    summary,
    complexity: 'O(N), N being the number of directives',
    run,
  };
}

const config: CommandSpec = {
  name: 'config',
  arity: -2,
  flags: [],
  group: 'server',
  since: '2.0.0',
  summary: 'About the configuration.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('get', -3, 'Returns the directives that match patterns.', get),
    sub('set', -4, 'Changes directives while the server runs.', set),
    sub('rewrite', 2, 'Brings the configuration file up to date with the values in force.', rewrite),
    sub('resetstat', 2, 'Sets the counters of INFO to zero.', resetStat),
    helpCommand('CONFIG', 'server', [
      'GET <pattern>',
      '    The directives whose names match, with their values.',
      'SET <directive> <value>',
      '    Change a directive while the server runs; several pairs take effect together.',
      'REWRITE',
      '    Bring the configuration file up to date with the values in force.',
      'RESETSTAT',
      '    Set the counters of INFO to zero.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages CONFIG GET, CONFIG SET, CONFIG
 * REWRITE, CONFIG RESETSTAT.
 */
export const CONFIG_COMMANDS: readonly CommandSpec[] = [config];
