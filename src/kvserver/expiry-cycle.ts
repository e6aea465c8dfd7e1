import type { Server } from './server.ts';
import type { Keyspace } from './store/keyspace.ts';

/**
 * What the directive active-expire-effort, 1 … 10, stands for. Source: the comments of redis.conf.
 */
function effortOf(server: Server): { sample: number; staleShare: number; timeShare: number } {
  const more = server.config.values['active-expire-effort'] - 1;
  return {
    // Keys looked at in one round of one database.
    sample: 20 + 5 * more,
    // Another round follows while more than this part of a sample had expired: then much of the rest has, too.
    staleShare: (10 - more) / 100,
    // Share of the time between two cycles that a cycle may take.
    timeShare: (25 + 2 * more) / 100,
  };
}

/**
 * Removes expired keys that nobody asks for. Each round draws a sample of the keys that have an expiry; it goes
 * on while the samples keep being stale, and stops at a time limit so that clients do not wait: the share of
 * expired keys left in memory is bounded, and so is the cost.
 * Source: the documentation of EXPIRE, "how keys are expired".
 */
export function expiryCycle(server: Server): void {
  if (!server.activeExpire || server.pause.active) return;
  server.refreshClocks();
  const started = server.clock.monotonic();
  removeExpired(server, started);
  server.stats.expireMs += server.clock.monotonic() - started;
}

function removeExpired(server: Server, started: number): void {
  const { sample, staleShare, timeShare } = effortOf(server);
  const deadline = started + (1000 / server.config.values.hz) * timeShare;
  for (const db of server.keyspaces) {
    while (db.expires.size > 0) {
      const share = expireSample(db, sample);
      if (share <= staleShare) break;
      if (server.clock.monotonic() < deadline) continue;
      server.stats.expireTimeLimits++;
      return;
    }
  }
}

function expireSample(db: Keyspace, size: number): number {
  const drawn = Math.min(size, db.expires.size);
  let stale = 0;
  for (let i = 0; i < drawn; i++) {
    const slot = Math.floor(Math.random() * db.expires.size);
    const key = db.expires.nameAt(slot);
    if (key !== undefined && db.expireIfDue(key)) stale++;
  }
  return stale / drawn;
}
