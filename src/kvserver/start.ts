import { type Stats, statSync } from 'node:fs';
import type { Server as NetServer } from 'node:net';
import { call } from './call.ts';
import { Cron } from './cron.ts';
import { resolve } from './dispatch.ts';
import { FatalError } from './fatal-error.ts';
import { listen } from './listener.ts';
import { Server, type ServerOptions } from './server.ts';
import { Turn } from './turn.ts';

export interface RunningServer {
  readonly port: number;
  readonly server: Server;
  /** Settles when the server has ended, by `close` or by a SHUTDOWN command. */
  readonly ended: Promise<void>;
  /** Ends the connections, writes and syncs what is buffered. Calling it twice is fine. */
  close(): Promise<void>;
}

/**
 * Loads what is on the disk, then listens. `port: 0` takes a free port.
 * @throws FatalError when a file cannot be loaded or an address not be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  let close: (() => Promise<void>) | undefined;
  const server = new Server({
    ...options,
    onFatal: (error) => {
      options.onFatal?.(error);
      void close?.();
    },
  });
  const { values } = server.config;
  requireDirectory(values.dir);
  if (values.appendonly) {
    try {
      load(server);
      server.aof.start();
    } catch (error) {
      throw explain(error, server.aof.files.place.directory);
    }
  }
  const turn = new Turn(() => server.flush());
  server.turn = turn;
  let listening: NetServer[];
  try {
    listening = await listen(server);
  } catch (error) {
    server.aof.stop();
    throw error;
  }
  const cron = new Cron(server);
  server.cron = cron;
  cron.start();

  let closed: Promise<void> | undefined;
  let finish = () => {};
  const ended = new Promise<void>((settle) => {
    finish = settle;
  });
  close = () => {
    closed ??= shutDown(server, turn, cron, listening).finally(finish);
    return closed;
  };
  server.stop = () => void close?.();
  return { port: server.port, server, ended, close };
}

async function shutDown(server: Server, turn: Turn, cron: Cron, listening: NetServer[]): Promise<void> {
  cron.stop();
  const gone = listening.map((one) => new Promise<void>((settle) => one.close(() => settle())));
  // Requests that were run in this turn get their replies; nothing is read any more.
  turn.end();
  for (const session of server.sessions.values()) session.peer?.close(true);
  for (const session of server.sessions.values()) session.peer?.close(false);
  server.aof.stop();
  await server.aof.idle();
  await Promise.all(gone);
}

function load(server: Server): void {
  const session = server.openSession();
  session.authenticated = true;
  server.loading = true;
  const started = server.clock.monotonic();
  const run = (request: readonly string[]) => {
    const command = resolve(request);
    if (typeof command === 'string') {
      throw new FatalError(
        `the append-only file holds a command this server cannot run: ${command.replace(/^ERR /, '')}`,
      );
    }
    // Within a transaction a command runs when its EXEC has been read.
    const { multi } = session;
    if (multi && !command.spec.flags.includes('no_queue')) {
      multi.queue.push({ command, args: request });
      return;
    }
    const reply = call(session, command, request);
    if (reply.startsWith('-'))
      server.log(`append-only file: ${request[0]} ended with ${reply.slice(1).trim()}`);
  };
  const count = server.aof.load(
    run,
    () => session.multi !== undefined,
    server.config.values['aof-load-truncated'],
  );
  server.loading = false;
  server.stats.reset();
  server.dirty = 0;
  const seconds = ((server.clock.monotonic() - started) / 1000).toFixed(3);
  if (count > 0) server.log(`append-only file loaded: ${count} commands in ${seconds} seconds`);
}

function requireDirectory(dir: string): void {
  let stats: Stats | undefined;
  try {
    stats = statSync(dir, { throwIfNoEntry: false });
  } catch (error) {
    throw new FatalError(`the directory ${dir} cannot be used: ${(error as Error).message}`, 'usage');
  }
  if (!stats) throw new FatalError(`the directory ${dir} does not exist`, 'usage');
  if (!stats.isDirectory()) throw new FatalError(`${dir} is not a directory`, 'usage');
}

/** What a person can mend by other directives or permissions; the rest, such as a full disk, is a failure. */
const BAD_PLACE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EISDIR',
  'ENOTDIR',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
]);

function explain(error: unknown, directory: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof FatalError || code === undefined) return error;
  const kind = BAD_PLACE.has(code) ? 'usage' : 'failure';
  return new FatalError(`cannot use the append-only file in ${directory}: ${message}`, kind, {
    cause: error,
  });
}
