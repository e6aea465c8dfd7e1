import { timingSafeEqual } from 'node:crypto';
import { CommandError } from '../command-error.ts';
import { bulk, bulks, integer, map, OK, PONG } from '../resp/reply.ts';
import { REDIS_VERSION, SERVER_NAME } from '../server.ts';
import type { Session } from '../session.ts';
import { integerArg } from './arguments.ts';
import { setClientName } from './client.ts';
import type { CommandSpec } from './spec.ts';

const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.';

/** @throws CommandError when the pair is wrong */
function authenticate(session: Session, user: string, password: string): void {
  const wanted = session.server.config.values.requirepass;
  const fits = user === 'default' && (wanted === '' || sameSecret(wanted, password));
  if (!fits) throw new CommandError(WRONG_PASSWORD);
  session.authenticated = true;
}

/** Takes equally long whatever the first wrong byte is. */
function sameSecret(a: string, b: string): boolean {
  const wanted = Buffer.from(a, 'latin1');
  const given = Buffer.from(b, 'latin1');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

const auth: CommandSpec = {
  name: 'auth',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'skip_slowlog'],
  group: 'connection',
  since: '1.0.0',
  summary: 'Gives the password.',
  complexity: 'O(N), N being the length of the password',
  run(session, args) {
    if (args.length > 3) throw CommandError.syntax();
    if (args.length === 2 && session.server.config.values.requirepass === '') {
      throw new CommandError(
        'ERR AUTH <password> called without any password configured for the default user. ' +
          'Are you sure your configuration is correct?',
      );
    }
    authenticate(session, args.length === 3 ? args[1]! : 'default', args.at(-1)!);
    return OK;
  },
};

const hello: CommandSpec = {
  name: 'hello',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'skip_slowlog'],
  group: 'connection',
  since: '6.0.0',
  summary: 'Opens the conversation: protocol version, password, name.',
  complexity: 'O(1)',
  run(session, args) {
    let version: 2 | 3 | undefined;
    if (args.length > 1) {
      const asked = integerArg(args[1]!, 'ERR Protocol version is not an integer or out of range');
      if (asked !== 2 && asked !== 3) throw new CommandError('NOPROTO unsupported protocol version');
      version = asked;
    }
    let name: string | undefined;
    for (let i = 2; i < args.length; ) {
      const word = args[i]!.toLowerCase();
      if (word === 'auth' && i + 2 < args.length) {
        authenticate(session, args[i + 1]!, args[i + 2]!);
        i += 3;
      } else if (word === 'setname' && i + 1 < args.length) {
        name = args[i + 1]!;
        i += 2;
      } else {
        throw new CommandError(`ERR Syntax error in HELLO option '${args[i]}'`);
      }
    }
    if (!session.authenticated) {
      throw new CommandError(
        'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> ' +
          'option can be used to authenticate the client and select the RESP protocol version at the same time',
      );
    }
    if (name !== undefined) setClientName(session, name);
    if (version) session.resp = version;
    return map(session.resp, [
      bulk('server'),
      // Client libraries switch features on by this name; `server_name` in INFO tells the two apart.
      bulk('redis'),
      bulk('version'),
      bulk(REDIS_VERSION),
      bulk('proto'),
      integer(session.resp),
      bulk('id'),
      integer(session.id),
      bulk('mode'),
      bulk('standalone'),
      bulk('role'),
      bulk('master'),
      bulk('modules'),
      '*0\r\n',
      bulk('server_name'),
      bulk(SERVER_NAME),
    ]);
  },
};

const ping: CommandSpec = {
  name: 'ping',
  arity: -1,
  flags: ['fast', 'while_subscribed'],
  group: 'connection',
  since: '1.0.0',
  summary: 'Answers PONG, or the given text.',
  complexity: 'O(1)',
  run(session, args) {
    if (args.length > 2) throw new CommandError("ERR wrong number of arguments for 'ping' command");
    // A RESP2 client that has subscribed reads messages only, so the answer looks like one.
    if (session.resp === 2 && session.subscriptionCount > 0) return bulks(['pong', args[1] ?? '']);
    return args.length === 2 ? bulk(args[1]!) : PONG;
  },
};

const echo: CommandSpec = {
  name: 'echo',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  group: 'connection',
  since: '1.0.0',
  summary: 'Answers the given text.',
  complexity: 'O(1)',
  run: (_session, args) => bulk(args[1]!),
};

const select: CommandSpec = {
  name: 'select',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  group: 'connection',
  since: '1.0.0',
  summary: 'Chooses the database that later commands work on.',
  complexity: 'O(1)',
  run(session, args) {
    const index = integerArg(args[1]!);
    const db = session.server.keyspaces[index];
    if (!db) throw new CommandError('ERR DB index is out of range');
    session.db = db;
    return OK;
  },
};

const quit: CommandSpec = {
  name: 'quit',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'no_queue', 'while_subscribed'],
  group: 'connection',
  since: '1.0.0',
  summary: 'Ends the connection.',
  complexity: 'O(1)',
  run(session) {
    session.closing = true;
    return OK;
  },
};

const reset: CommandSpec = {
  name: 'reset',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'no_queue', 'while_subscribed'],
  group: 'connection',
  since: '6.2.0',
  summary: 'Puts the connection back into the state of a new one.',
  complexity: 'O(1)',
  run(session) {
    session.endTransaction();
    session.server.pubsub.forget(session);
    session.server.monitors.remove(session);
    session.resp = 2;
    session.db = session.server.keyspaces[0]!;
    session.name = '';
    session.noEvict = false;
    session.replyMode = 'on';
    session.authenticated = session.server.config.values.requirepass === '';
    return '+RESET\r\n';
  },
};

const time: CommandSpec = {
  name: 'time',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  group: 'server',
  since: '2.6.0',
  summary: "Returns the server's clock: epoch seconds, and the microseconds of the current one.",
  complexity: 'O(1)',
  run({ server }) {
    const us = Math.floor(server.clock.now() * 1000);
    return bulks([String(Math.floor(us / 1e6)), String(us % 1e6)]);
  },
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages AUTH, HELLO, PING, ECHO, SELECT,
 * QUIT, RESET, TIME.
 */
export const CONNECTION_COMMANDS: readonly CommandSpec[] = [
  auth,
  hello,
  ping,
  echo,
  select,
  quit,
  reset,
  time,
];
