import { call } from './call.ts';
import { resolve } from './dispatch.ts';
import { FatalError } from './fatal-error.ts';
import type { Server } from './server.ts';

/**
 * Reads the append-only file into the databases, as at start.
 * @throws FatalError when it is damaged or holds what this server has not
 */
export function loadAppendOnlyFile(server: Server): void {
  const session = server.openSession();
  session.authenticated = true;
  const { values } = server.config;
  let commands = 0;
  const run = (request: readonly string[]) => {
    commands++;
    const command = resolve(request);
    if (typeof command === 'string') {
      // Without the arguments, which are somebody's data.
      const reason = command.replace(/^ERR /, '').replace(/, with args.*$/s, '');
      throw new FatalError(`the append-only file holds a command this server cannot run: ${reason}`);
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
  loading(server, () => {
    const started = server.clock.monotonic();
    const target = {
      run,
      inTransaction: () => session.multi !== undefined,
      log: server.log,
      rdb: {
        keyspaces: server.keyspaces,
        // What expired meanwhile is removed later, when the commands behind the snapshot have been run.
        dropExpiredAt: undefined,
        verifyChecksum: values.rdbchecksum,
        use: server.accessClock,
        log: server.log,
      },
    };
    const files = server.aof.load(target, values['aof-load-truncated']);
    const seconds = ((server.clock.monotonic() - started) / 1000).toFixed(3);
    if (files > 0) {
      server.log(`append-only file loaded: ${files} files, ${commands} commands, in ${seconds} seconds`);
    }
  });
}

/**
 * Reads the snapshot into the databases, as at start.
 * @param merge replaces keys that are there already, instead of refusing the file
 * @returns false when there is none
 * @throws FatalError
 */
export function loadSnapshot(server: Server, merge = false): boolean {
  return loading(server, () => {
    const found = server.snapshots.load(server.clock.now(), merge);
    server.snapshots.markSaved();
    return found;
  });
}

/** Loading neither counts as a client's work nor as a change. */
function loading<T>(server: Server, load: () => T): T {
  const dirty = server.dirty;
  server.loading = true;
  try {
    return load();
  } finally {
    server.loading = false;
    server.dirty = dirty;
  }
}
