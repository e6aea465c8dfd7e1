import { createHash, randomBytes } from 'node:crypto';
import { CommandError } from '../command-error.ts';
import { bulk, bulks, EMPTY_ARRAY, map, nil, OK, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { rangedArg } from './arguments.ts';
import { CATEGORIES, categories } from './categories.ts';
import { helpCommand } from './help.ts';
import { findCommand, namedCommands } from './registry.ts';
import type { CommandSpec } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

/** The only user there is; it may do everything. */
const USER = 'default';
const NO_FILE =
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER ' +
  'command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store ' +
  'users in the Redis configuration.';

function passwordHash(password: string): string {
  return createHash('sha256').update(password, 'latin1').digest('hex');
}

/** Hashes of the passwords that let the user in; none: it needs no password. */
function passwordsOf({ server }: Session): string[] {
  const { requirepass } = server.config.values;
  return requirepass === '' ? [] : [passwordHash(requirepass)];
}

const list: Run = (session) => {
  const [hash] = passwordsOf(session);
  return bulks([`user ${USER} on ${hash === undefined ? 'nopass' : `#${hash}`} ~* &* +@all`]);
};

const getUser: Run = (session, args) => {
  const { resp } = session;
  if (args[2] !== USER) return nil(resp);
  const hashes = passwordsOf(session);
  return map(resp, [
    bulk('flags'),
    bulks(hashes.length === 0 ? ['on', 'nopass'] : ['on']),
    bulk('passwords'),
    bulks(hashes),
    bulk('commands'),
    bulk('+@all'),
    bulk('keys'),
    bulk('~*'),
    bulk('channels'),
    bulk('&*'),
    bulk('selectors'),
    EMPTY_ARRAY,
  ]);
};

const cat: Run = (_session, args) => {
  if (args.length > 3) throw wrongUse('cat');
  const category = args[2]?.toLowerCase();
  if (category === undefined) return bulks(CATEGORIES);
  if (!(CATEGORIES as readonly string[]).includes(category)) {
    throw new CommandError(`ERR Unknown category '${args[2]}'`);
  }
  const members = namedCommands().filter(({ spec, parent }) =>
    categories(spec, parent).includes(`@${category}`),
  );
  return bulks(members.map((one) => one.name));
};

/** What SETUSER may say of a user that may do everything, which changes nothing. */
const ALLOWED = new Set([
  'on',
  '~*',
  'allkeys',
  '&*',
  'allchannels',
  '+@all',
  'allcommands',
  'sanitize-payload',
]);

const setUser: Run = ({ server }, args) => {
  if (args[2] !== USER) {
    throw new CommandError(`ERR only the user "${USER}" exists here; other users cannot be made`);
  }
  let password: string | undefined;
  for (const rule of args.slice(3)) {
    const word = rule.toLowerCase();
    if (word === 'nopass' || word === 'resetpass') password = '';
    else if (rule.startsWith('>')) password = rule.slice(1);
    else if (!ALLOWED.has(word)) {
      throw new CommandError(
        `ERR Error in ACL SETUSER modifier '${rule}': the user "${USER}" may do everything here, and only its password can be changed`,
      );
    }
  }
  if (password !== undefined) server.setPassword(password);
  return OK;
};

const deleteUser: Run = (_session, args) => {
  if (args.slice(2).includes(USER)) throw new CommandError("ERR The 'default' user cannot be removed");
  return ZERO;
};

const dryRun: Run = (_session, args) => {
  if (args[2] !== USER) throw new CommandError(`ERR User '${args[2]}' not found`);
  if (!findCommand(args[3]!)) throw new CommandError(`ERR Command '${args[3]}' not found`);
  return OK;
};

const generatePassword: Run = (_session, args) => {
  if (args.length > 3) throw wrongUse('genpass');
  const bits =
    args[2] === undefined
      ? 256
      : rangedArg(
          args[2],
          1,
          4096,
          'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
        );
  const digits = Math.ceil(bits / 4);
  return bulk(
    randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits),
  );
};

function wrongUse(name: string): CommandError {
  return new CommandError(`ERR unknown subcommand or wrong number of arguments for '${name}'. Try ACL HELP.`);
}

function sub(name: string, arity: number, summary: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags:
      name === 'whoami' || name === 'cat' || name === 'genpass'
        ? ['noscript', 'loading', 'stale']
        : ['admin', 'noscript', 'loading', 'stale'],
    group: 'server',
    since: '6.0.0',
    summary,
    complexity: name === 'cat' ? 'O(N), N being the number of commands' : 'O(1)',
    run,
  };
}

const noFile: Run = () => {
  throw new CommandError(NO_FILE);
};

const acl: CommandSpec = {
  name: 'acl',
  arity: -2,
  flags: [],
  group: 'server',
  since: '6.0.0',
  summary: 'About the user: there is one, "default", that may do everything.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('cat', -2, 'Lists the categories of commands, or the commands of one.', cat),
    sub('deluser', -3, 'Removes users; there is none that could be.', deleteUser),
    sub('dryrun', -4, 'Says whether a user may send a command: the one there is may.', dryRun),
    sub('genpass', -2, 'Draws a password that nobody guesses.', generatePassword),
    sub('getuser', 3, 'Describes a user.', getUser),
    sub('list', 2, 'Lists the users as lines of a configuration.', list),
    sub('load', 2, 'Refused: there is no file of users.', noFile),
    sub('log', -2, 'Lists denied accesses: always none, wrong passwords are not kept.', (_session, args) =>
      args[2]?.toLowerCase() === 'reset' ? OK : EMPTY_ARRAY,
    ),
    sub('save', 2, 'Refused: there is no file of users.', noFile),
    sub('setuser', -3, 'Sets the password of the user.', setUser),
    sub('users', 2, 'Lists the names of the users.', () => bulks([USER])),
    sub('whoami', 2, 'Returns the name of the user of this connection.', () => bulk(USER)),
    helpCommand('ACL', 'server', [
      'CAT [<category>]',
      '    The categories of commands, or the commands of one.',
      'DELUSER <username> [<username> ...]',
      '    Remove users.',
      'DRYRUN <username> <command> [<arg> ...]',
      '    Whether a user may send a command.',
      'GENPASS [<bits>]',
      '    Draw a password.',
      'GETUSER <username>',
      '    What is known about a user.',
      'LIST',
      '    The users as lines of a configuration.',
      'SETUSER default (>password|nopass)',
      '    Set the password.',
      'USERS',
      '    The names of the users.',
      'WHOAMI',
      '    The user of this connection.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages ACL CAT, ACL DELUSER, ACL DRYRUN,
 * ACL GENPASS, ACL GETUSER, ACL LIST, ACL LOAD, ACL LOG, ACL SAVE, ACL SETUSER, ACL USERS, ACL WHOAMI.
 */
export const ACL_COMMANDS: readonly CommandSpec[] = [acl];
