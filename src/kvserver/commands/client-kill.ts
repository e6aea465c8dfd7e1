import { CommandError } from '../command-error.ts';
import { integer, OK } from '../resp/reply.ts';
import type { Server } from '../server.ts';
import type { Session } from '../session.ts';
import { parseInt64 } from './arguments.ts';
import { clientType } from './client-view.ts';
import type { CommandSpec } from './spec.ts';

interface KillFilter {
  matches: ((session: Session) => boolean)[];
  skipMe: boolean;
}

function readKillFilter(args: readonly string[]): KillFilter {
  const filter: KillFilter = { matches: [], skipMe: true };
  if (args.length % 2 !== 0) throw CommandError.syntax();
  for (let i = 2; i < args.length; i += 2) {
    const value = args[i + 1]!;
    switch (args[i]!.toLowerCase()) {
      case 'id': {
        const id = parseInt64(value);
        if (id === undefined || id < 1n) throw new CommandError('ERR client-id should be greater than 0');
        filter.matches.push((one) => one.id === Number(id));
        break;
      }
      case 'addr':
        filter.matches.push((one) => one.peer?.address === value);
        break;
      case 'laddr':
        filter.matches.push((one) => one.peer?.localAddress === value);
        break;
      case 'type':
        if (!['normal', 'master', 'replica', 'slave', 'pubsub'].includes(value.toLowerCase())) {
          throw new CommandError(`ERR Unknown client type '${value}'`);
        }
        filter.matches.push((one) => clientType(one) === value.toLowerCase());
        break;
      case 'user':
        if (value !== 'default') throw new CommandError(`ERR No such user '${value}'`);
        break;
      case 'skipme': {
        const lower = value.toLowerCase();
        if (lower !== 'yes' && lower !== 'no') throw CommandError.syntax();
        filter.skipMe = lower === 'yes';
        break;
      }
      default:
        throw CommandError.syntax();
    }
  }
  return filter;
}

function killMatching(server: Server, me: Session, filter: KillFilter): number {
  let killed = 0;
  for (const one of [...server.sessions.values()]) {
    if (filter.skipMe && one === me) continue;
    if (!filter.matches.every((match) => match(one))) continue;
    killed++;
    // The client that kills itself still gets its reply.
    if (one === me) me.closing = true;
    else one.peer?.close(false);
  }
  return killed;
}

/** CLIENT KILL, in its old form (an address) and its new one (filters). */
export const kill: NonNullable<CommandSpec['run']> = (session, args) => {
  const { server } = session;
  if (args.length > 3) return integer(killMatching(server, session, readKillFilter(args)));
  const filter = { matches: [(one: Session) => one.peer?.address === args[2]], skipMe: false };
  if (killMatching(server, session, filter) === 0) throw new CommandError('ERR No such client');
  return OK;
};
