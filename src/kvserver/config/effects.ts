import { statSync } from 'node:fs';
import type { Server } from '../server.ts';
import type { KnownName } from './config.ts';
import type { DirectiveName } from './directives.ts';

/** What must happen at once when a directive has changed at run time. Most are read where they are used. */
const EFFECTS: { readonly [K in DirectiveName]?: (server: Server) => unknown } = {
  appendonly(server) {
    const { aof, persistence, config } = server;
    if (!config.values.appendonly) {
      aof.rewriteScheduled = false;
      if (aof.open) aof.stop();
    } else if (!aof.open && persistence.rewriting) {
      // It begins with a rewrite, for which the snapshot that is being written must end first.
      aof.rewriteScheduled = true;
    } else if (!aof.open) {
      aof.startRewrite(true);
    }
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
