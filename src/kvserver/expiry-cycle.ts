import type { Server } from './server.ts';
import type { Keyspace } from './store/keyspace.ts';

/** Keys looked at in one round of one database. */
const SAMPLE = 20;
/** Another round follows while more than this part of a sample had expired: then much of the rest has, too. */
const STALE_SHARE = 0.1;
/** Share of the time between two cycles that a cycle may take. */
const EFFORT = 0.25;

/**
 * Removes expired keys that nobody asks for. Each round draws a sample of the keys that have an expiry; it goes
 * on while the samples keep being stale, and stops at a time limit so that clients do not wait.
 *
 * The share of expired keys left in memory stays near STALE_SHARE at a cost that is bounded by EFFORT.
 * Source: the documentation of EXPIRE, "how keys are expired".
 */
export function expiryCycle(server: Server): void {
  if (!server.activeExpire) return;
  server.now = server.clock.now();
  const deadline = server.clock.monotonic() + (1000 / server.config.values.hz) * EFFORT;
  for (const db of server.keyspaces) {
    while (db.expires.size > 0) {
      const share = expireSample(db);
      if (share <= STALE_SHARE) break;
      if (server.clock.monotonic() >= deadline) return;
    }
  }
}

function expireSample(db: Keyspace): number {
  const drawn = Math.min(SAMPLE, db.expires.size);
  let stale = 0;
  for (let i = 0; i < drawn; i++) {
    const slot = Math.floor(Math.random() * db.expires.size);
    const key = db.expires.nameAt(slot);
    if (key !== undefined && db.expireIfDue(key)) stale++;
  }
  return stale / drawn;
}
