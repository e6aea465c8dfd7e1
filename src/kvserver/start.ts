import { type Stats, statSync } from 'node:fs';
import type { Server as NetServer } from 'node:net';
import { Cron } from './cron.ts';
import { FatalError } from './fatal-error.ts';
import { listen } from './listener.ts';
import { loadAppendOnlyFile, loadSnapshot } from './load.ts';
import { Server, type ServerOptions, type Shutdown } from './server.ts';
import { Turn } from './turn.ts';

export interface RunningServer {
  readonly port: number;
  readonly server: Server;
  /** Settles when the server has ended, by `close` or by a SHUTDOWN command. */
  readonly ended: Promise<void>;
  /**
   * Ends the connections, writes and syncs what is buffered, and saves no snapshot (`server.shutdown` does, when
   * there are save rules). Calling it twice is fine.
   */
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
  load(server);
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
  server.shutdown = (how) => {
    const problem = saveBeforeEnd(server, how);
    if (problem === undefined || how.force) void close?.();
    return how.force ? undefined : problem;
  };
  return { port: server.port, server, ended, close };
}

async function shutDown(server: Server, turn: Turn, cron: Cron, listening: NetServer[]): Promise<void> {
  cron.stop();
  server.pause.stop();
  const gone = listening.map((one) => new Promise<void>((settle) => one.close(() => settle())));
  // Requests that were run in this turn get their replies; nothing is read any more.
  turn.end();
  for (const session of server.sessions.values()) session.peer?.close(true);
  for (const session of server.sessions.values()) session.peer?.close(false);
  server.snapshots.cancel();
  server.aof.stop();
  await Promise.all([server.aof.idle(), server.snapshots.idle(), ...gone]);
}

/** @returns why the server had better not end now */
function saveBeforeEnd(server: Server, { save }: Shutdown): string | undefined {
  const { aof, snapshots, config } = server;
  if (aof.beginning || (config.values.appendonly && !aof.open))
    return 'the append-only file is being written for the first time; the server goes on';
  if (!(save ?? config.values.save.length > 0)) return undefined;
  snapshots.cancel();
  try {
    snapshots.saveNow();
    return undefined;
  } catch (error) {
    return `cannot save the snapshot: ${(error as Error).message}; the server goes on`;
  }
}

function load(server: Server): void {
  if (server.config.values.appendonly) {
    try {
      loadAppendOnlyFile(server);
      server.aof.start();
    } catch (error) {
      throw explain(error, server.aof.files.place.directory);
    }
  } else {
    loadSnapshot(server);
  }
  server.stats.reset();
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
