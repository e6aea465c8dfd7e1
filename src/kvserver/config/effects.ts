import { statSync } from 'node:fs';
import type { Server } from '../server.ts';
import type { KnownName } from './config.ts';
import type { DirectiveName } from './directives.ts';

/** What must happen at once when a directive has changed at run time. Most are read where they are used. */
const EFFECTS: { readonly [K in DirectiveName]?: (server: Server) => unknown } = {
  appendonly(server) {
    const wanted = server.config.values.appendonly;
    if (wanted && !server.aof.open) {
      if (server.persistence.rewriting)
        throw new Error('a rewrite or a background save is running; try again when it has ended');
      server.aof.startRewrite(true);
    }
    if (!wanted && server.aof.open) server.aof.stop();
  },
  // The append-only file stays where it is; snapshots go to the new place.
  dir(server) {
    const stats = statSync(server.config.values.dir, { throwIfNoEntry: false });
    if (!stats?.isDirectory()) throw new Error(stats ? 'Not a directory' : 'No such file or directory');
  },
  // What was written under the old policy is not left behind.
  appendfsync: (server) => server.aof.flush(),
  'notify-keyspace-events': (server) =>
    server.notifications.configure(server.config.values['notify-keyspace-events']),
  'fault-mass-expiry': (server) => server.faults.configure(),
  'fault-output-buffer': (server) => server.faults.configure(),
  'fault-rewrite-interval': (server) => server.faults.configure(),
  'fault-slow-command': (server) => server.faults.configure(),
  'lfu-decay-time': (server) => server.configureEviction(),
  'lfu-log-factor': (server) => server.configureEviction(),
  maxmemory: (server) => server.eviction.makeRoom(),
  'maxmemory-policy': (server) => server.configureEviction(),
  'slowlog-max-len': (server) => server.slowlog.trim(),
  requirepass(server) {
    // Clients that were in stay in; without a password everybody is.
    if (server.config.values.requirepass !== '') return;
    for (const session of server.sessions.values()) session.authenticated = true;
  },
};

/** @throws Error when the change cannot be carried out */
export function applyEffect(server: Server, name: KnownName): void {
  EFFECTS[name as DirectiveName]?.(server);
}
