import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Connection } from './connection.ts';
import { FatalError } from './fatal-error.ts';
import { error } from './resp/reply.ts';
import type { Server } from './server.ts';

/** Said to a client from another machine while the server has neither a password nor an explicit `bind`. */
const PROTECTED =
  'DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the ' +
  'default user. Only clients on the same machine are answered. Set requirepass, or protected-mode no if the ' +
  'network is trusted.';

/**
 * Listens on every address of `bind`. An address with a minus sign may be missing on this machine.
 * @returns the listening sockets; all have the same port, also when `port` is 0
 * @throws FatalError when an address or the port cannot be had
 */
export async function listen(server: Server): Promise<NetServer[]> {
  const { bind, 'tcp-backlog': backlog } = server.config.values;
  const listening: NetServer[] = [];
  let { port } = server.config.values;
  try {
    for (const word of bind) {
      const optional = word.startsWith('-');
      const host = optional ? word.slice(1) : word;
      const one = await listenOn(server, host === '*' ? '0.0.0.0' : host, port, backlog, optional);
      if (!one) continue;
      listening.push(one);
      const address = one.address();
      if (address && typeof address === 'object') port = address.port;
    }
  } catch (thrown) {
    for (const one of listening) one.close();
    throw thrown;
  }
  if (listening.length === 0) {
    throw new FatalError(`none of the addresses ${bind.join(' ')} is there to listen on`, 'usage');
  }
  server.port = port;
  return listening;
}

function listenOn(
  server: Server,
  host: string,
  port: number,
  backlog: number,
  optional: boolean,
): Promise<NetServer | undefined> {
  return new Promise((settle, fail) => {
    const net = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => accept(server, socket));
    net.once('error', (thrown: NodeJS.ErrnoException) => {
      if (optional && mayBeMissing(thrown, server.config.values.port)) settle(undefined);
      else fail(new FatalError(explain(thrown, host, port), 'usage', { cause: thrown }));
    });
    net.listen({ host, port, backlog, ipv6Only: true }, () => settle(net));
  });
}

/** A port that was drawn on the first address may be taken on another one; nobody asked for that very port. */
function mayBeMissing({ code }: NodeJS.ErrnoException, wantedPort: number): boolean {
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || (code === 'EADDRINUSE' && wantedPort === 0);
}

function explain(thrown: NodeJS.ErrnoException, host: string, port: number): string {
  switch (thrown.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is taken by another process; choose another with --port, or 0 for a free one`;
    case 'EACCES':
      return `no permission to listen on port ${port} of ${host}; ports below 1024 need root`;
    default:
      return `cannot listen on ${host} port ${port}: ${thrown.message}`;
  }
}

function accept(server: Server, socket: Socket): void {
  const { values } = server.config;
  server.stats.connectionsReceived++;
  if (server.sessions.size >= values.maxclients) {
    refuse(server, socket, 'ERR max number of clients reached');
  } else if (values['protected-mode'] && values.requirepass === '' && !isLoopback(socket.remoteAddress)) {
    refuse(server, socket, PROTECTED);
  } else {
    new Connection(server, socket);
  }
}

function refuse(server: Server, socket: Socket, message: string): void {
  server.stats.connectionsRejected++;
  socket.on('error', () => socket.destroy());
  socket.end(error(message), 'latin1');
  socket.destroySoon();
}

function isLoopback(address = ''): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
