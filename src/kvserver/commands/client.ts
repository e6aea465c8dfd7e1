import { CommandError } from '../command-error.ts';
import { bulk, EMPTY_ARRAY, error, integer, map, nil, OK, ONE, set, verbatim, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { integerArg, parseInt64 } from './arguments.ts';
import { kill } from './client-kill.ts';
import { clientType, describeClient } from './client-view.ts';
import { helpCommand } from './help.ts';
import type { CommandSpec } from './spec.ts';

type Run = NonNullable<CommandSpec['run']>;

/** @throws CommandError when the name could break a line of CLIENT LIST */
export function setClientName(session: Session, name: string): void {
  if (!/^[!-~]*$/.test(name)) {
    throw new CommandError('ERR Client names cannot contain spaces, newlines or special characters.');
  }
  session.name = name;
}

const list: Run = (session, args) => {
  const { server, resp } = session;
  const everyone = [...server.sessions.values()];
  const option = args[2]?.toLowerCase();
  let chosen = everyone;
  if (option === 'type' && args.length === 4) {
    const type = args[3]!.toLowerCase();
    if (!['normal', 'master', 'replica', 'slave', 'pubsub'].includes(type)) {
      throw new CommandError(`ERR Unknown client type '${args[3]}'`);
    }
    chosen = everyone.filter((one) => clientType(one) === type);
  } else if (option === 'id' && args.length > 3) {
    const ids = args.slice(3).map((text) => {
      const id = parseInt64(text);
      if (id === undefined || id < 1n) throw new CommandError('ERR Invalid client ID');
      return Number(id);
    });
    chosen = ids.flatMap((id) => server.sessions.get(id) ?? []);
  } else if (option !== undefined) {
    throw CommandError.syntax();
  }
  return verbatim(resp, chosen.map((one) => `${describeClient(one)}\n`).join(''));
};

const setInfo: Run = (session, args) => {
  const value = args[3]!;
  const attribute = args[2]!.toLowerCase();
  if (attribute !== 'lib-name' && attribute !== 'lib-ver') {
    throw new CommandError(`ERR Unrecognized option '${args[2]}'`);
  }
  if (!/^[!-~]*$/.test(value)) {
    throw new CommandError(`ERR ${attribute} cannot contain spaces, newlines or special characters.`);
  }
  if (attribute === 'lib-name') session.libName = value;
  else session.libVersion = value;
  return OK;
};

const noEvict: Run = (session, args) => {
  const word = args[2]!.toLowerCase();
  if (word !== 'on' && word !== 'off') throw CommandError.syntax();
  session.noEvict = word === 'on';
  return OK;
};

const reply: Run = (session, args) => {
  const word = args[2]!.toLowerCase();
  if (word !== 'on' && word !== 'off' && word !== 'skip') throw CommandError.syntax();
  if (word !== 'skip') session.replyMode = word;
  // SKIP while everything is off changes nothing.
  else if (session.replyMode !== 'off') session.replyMode = 'skip-next';
  return OK;
};

const unblock: Run = ({ server }, args) => {
  const reason = args[3]?.toLowerCase() ?? 'timeout';
  if (args.length > 4 || (reason !== 'timeout' && reason !== 'error')) {
    throw new CommandError('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
  }
  const id = parseInt64(args[2]!);
  if (id === undefined) throw CommandError.notAnInteger();
  const session = server.sessions.get(Number(id));
  if (!session) return ZERO;
  const woken =
    reason === 'timeout'
      ? server.blocking.timeOut(session)
      : server.blocking.fail(session, error('UNBLOCKED client unblocked via CLIENT UNBLOCK'));
  return woken ? ONE : ZERO;
};

const pause: Run = ({ server }, args) => {
  const mode = args[3]?.toLowerCase() ?? 'all';
  if (args.length > 4) throw CommandError.syntax();
  if (mode !== 'all' && mode !== 'write') {
    throw new CommandError('ERR CLIENT PAUSE mode must be WRITE or ALL');
  }
  const ms = integerArg(args[2]!, 'ERR timeout is not an integer or out of range');
  if (ms < 0) throw new CommandError('ERR timeout is negative');
  server.pause.start(ms, mode);
  return OK;
};

const tracking: Run = (_session, args) => {
  const word = args[2]!.toLowerCase();
  if (word === 'off' && args.length === 3) return OK;
  if (word !== 'on') throw CommandError.syntax();
  throw new CommandError(
    'ERR CLIENT TRACKING is not available: this server does not track what clients cache',
  );
};

const caching: Run = () => {
  throw new CommandError(
    'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
  );
};

const trackingInfo: Run = ({ resp }) =>
  map(resp, [
    bulk('flags'),
    set(resp, ['off']),
    bulk('redirect'),
    integer(-1),
    bulk('prefixes'),
    EMPTY_ARRAY,
  ]);

/** Only for whoever administers the server. */
const ADMIN = new Set(['list', 'kill', 'pause', 'unpause', 'no-evict', 'unblock']);

function sub(name: string, arity: number, summary: string, run: Run): CommandSpec {
  return {
    name,
    arity,
    flags: ADMIN.has(name) ? ['admin', 'noscript', 'loading', 'stale'] : ['noscript', 'loading', 'stale'],
    group: 'connection',
    since: '2.4.0',
    summary,
    complexity: name === 'list' || name === 'kill' ? 'O(N), N being the number of clients' : 'O(1)',
    run,
  };
}

const client: CommandSpec = {
  name: 'client',
  arity: -2,
  flags: [],
  group: 'connection',
  since: '2.4.0',
  summary: 'About the connections of clients.',
  complexity: 'Depends on the subcommand',
  subcommands: [
    sub('id', 2, 'Returns the number of this connection.', (session) => integer(session.id)),
    sub('getname', 2, 'Returns the name of this connection.', ({ name, resp }) =>
      name ? bulk(name) : nil(resp),
    ),
    sub('setname', 3, 'Names this connection.', (session, args) => {
      setClientName(session, args[2]!);
      return OK;
    }),
    sub('setinfo', 4, 'Says which client library speaks.', setInfo),
    sub('info', 2, 'Describes this connection.', (session) =>
      verbatim(session.resp, `${describeClient(session)}\n`),
    ),
    sub('list', -2, 'Describes all connections.', list),
    sub('kill', -3, 'Ends connections.', kill),
    sub('no-evict', 3, 'Exempts this connection from being closed when memory is short.', noEvict),
    sub('reply', 3, 'Switches replies to this connection on and off.', reply),
    sub('unblock', -3, 'Ends the waiting of a client.', unblock),
    sub('pause', -3, 'Keeps requests, or only writes, for a time.', pause),
    sub('unpause', 2, 'Ends a pause.', ({ server }) => {
      server.pause.end();
      return OK;
    }),
    sub('tracking', -3, 'Refused but for OFF: this server does not track what clients cache.', tracking),
    sub('caching', 3, 'Refused, as without tracking.', caching),
    sub('trackinginfo', 2, 'Returns what is tracked: nothing.', trackingInfo),
    sub('getredir', 2, 'Returns where invalidation messages go; -1: nowhere.', () => integer(-1)),
    helpCommand('CLIENT', 'connection', [
      'GETNAME',
      '    The name of this connection.',
      'ID',
      '    The number of this connection.',
      'INFO',
      '    What is known about this connection.',
      'KILL <ip:port>',
      '    End the connection that comes from there.',
      'KILL <option> <value> [<option> <value> [...]]',
      '    End all that match: ADDR, LADDR, TYPE, USER, ID; SKIPME no for this one too.',
      'LIST [options ...]',
      '    What is known about all connections; TYPE and ID narrow it down.',
      'NO-EVICT (ON|OFF)',
      '    Keep this connection when memory is short.',
      'PAUSE <milliseconds> [WRITE|ALL]',
      '    Keep the requests of all clients for a time, or only writes.',
      'REPLY (ON|OFF|SKIP)',
      '    Switch replies on and off, or leave out the next one.',
      'SETINFO <option> <value>',
      '    Say which library speaks: LIB-NAME, LIB-VER.',
      'SETNAME <name>',
      '    Name this connection.',
      'UNPAUSE',
      '    End a pause.',
      'UNBLOCK <id> [TIMEOUT|ERROR]',
      '    End the waiting of a client, as if its time were over or with an error.',
    ]),
  ],
};

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages CLIENT ID, CLIENT GETNAME, CLIENT
 * SETNAME, CLIENT SETINFO, CLIENT INFO, CLIENT LIST, CLIENT KILL, CLIENT NO-EVICT, CLIENT REPLY, CLIENT
 * UNBLOCK, CLIENT PAUSE, CLIENT UNPAUSE, CLIENT TRACKING, CLIENT CACHING, CLIENT TRACKINGINFO, CLIENT GETREDIR.
 */
export const CLIENT_COMMANDS: readonly CommandSpec[] = [client];
