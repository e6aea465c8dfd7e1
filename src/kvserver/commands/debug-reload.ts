import { CommandError } from '../command-error.ts';
import { FatalError } from '../fatal-error.ts';
import { loadAppendOnlyFile, loadSnapshot } from '../load.ts';
import { OK } from '../resp/reply.ts';
import type { Server } from '../server.ts';
import type { Session } from '../session.ts';

/** A damaged file ends a server that starts; one that runs only says so, but what it held is gone. */
function loading(server: Server, load: () => void): void {
  try {
    load();
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    server.log(error.message);
    throw new CommandError(`ERR Error trying to load the RDB dump, check server logs.`);
  }
}

function forgetAll(server: Server): void {
  for (const db of server.keyspaces) {
    server.watches.touchAll(db);
    db.clear();
  }
}

/** Saves and loads the snapshot, as if the server had been started again. */
export function debugReload({ server }: Session, args: readonly string[]): string {
  const words = new Set(args.slice(2).map((word) => word.toLowerCase()));
  for (const word of words) {
    if (!['merge', 'noflush', 'nosave'].includes(word)) {
      throw new CommandError('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.');
    }
  }
  if (!words.has('nosave')) {
    server.snapshots.cancel();
    try {
      server.snapshots.saveNow();
    } catch (error) {
      server.log(`cannot save the snapshot: ${(error as Error).message}`);
      throw new CommandError('ERR');
    }
  }
  const merge = words.has('merge');
  loading(server, () => {
    if (!words.has('noflush') && !merge) forgetAll(server);
    loadSnapshot(server, merge);
  });
  server.log('snapshot reloaded by DEBUG RELOAD');
  return OK;
}

/** Loads the append-only file again. */
export function debugLoadAof({ server }: Session): string {
  server.aof.flush();
  loading(server, () => {
    forgetAll(server);
    loadAppendOnlyFile(server);
  });
  server.snapshots.markSaved();
  return OK;
}
