import { evictClients } from './client-eviction.ts';
import type { Server } from './server.ts';
import type { Keyspace } from './store/keyspace.ts';

/** How keys are chosen when memory is short; the names of the directive maxmemory-policy. */
export const POLICIES = [
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'noeviction',
] as const;
export type EvictionPolicy = (typeof POLICIES)[number];

/** Candidates that are remembered from one choice to the next, so that the best of many samples goes. */
const POOL_SIZE = 16;

interface Candidate {
  readonly db: Keyspace;
  readonly key: string;
  /** The higher, the sooner it goes. */
  readonly score: number;
}

/**
 * Throws out keys until the data fits into `maxmemory`. Which key goes is decided over samples, not over all
 * keys: the cost of one choice does not depend on how much is stored.
 * Source: the documentation of key eviction, "approximated LRU algorithm".
 */
export class Eviction {
  private pool: Candidate[] = [];
  private nextDb = 0;
  private goingOn = false;
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /**
   * Makes room if there is none. Within one call at most a fraction of a millisecond is spent, unless
   * maxmemory-eviction-tenacity asks for more; the rest follows in the background.
   * @returns false when nothing (more) may be thrown out and memory is short
   */
  makeRoom(): boolean {
    const { server } = this;
    server.memory.measureClientsIfStale();
    if (server.memory.excess() <= 0) return true;
    evictClients(server);
    if (server.memory.excess() <= 0) return true;
    const policy = server.config.values['maxmemory-policy'];
    if (policy === 'noeviction') return false;
    const started = server.clock.monotonic();
    const deadline = started + timeLimitMs(server.config.values['maxmemory-eviction-tenacity']);
    let enough = true;
    while (server.memory.excess() > 0) {
      const victim = this.choose(policy);
      if (!victim) {
        enough = false;
        break;
      }
      this.remove(victim);
      if (server.clock.monotonic() >= deadline) {
        this.goOnLater();
        break;
      }
    }
    server.latency('eviction-cycle', server.clock.monotonic() - started);
    return enough;
  }

  private goOnLater(): void {
    if (this.goingOn) return;
    this.goingOn = true;
    setImmediate(() => {
      this.goingOn = false;
      this.server.refreshClocks();
      this.makeRoom();
    });
  }

  private remove({ db, key }: Candidate): void {
    const { server } = this;
    const started = server.clock.monotonic();
    db.delete(key);
    server.latency('eviction-del', server.clock.monotonic() - started);
    server.keyEvicted(db, key);
  }

  private choose(policy: EvictionPolicy): Candidate | undefined {
    const fromAll = policy.startsWith('allkeys');
    if (policy.endsWith('random')) return this.chooseAny(fromAll);
    // Keys of the pool may have gone or been used meanwhile, so it is filled up before each choice.
    for (const db of this.server.keyspaces) this.sample(db, policy, fromAll);
    for (let best = this.pool.pop(); best; best = this.pool.pop()) {
      const there = fromAll ? best.db.table.has(best.key) : best.db.expires.has(best.key);
      if (there) return best;
    }
    return undefined;
  }

  /** The databases take turns. */
  private chooseAny(fromAll: boolean): Candidate | undefined {
    const { keyspaces } = this.server;
    for (let i = 0; i < keyspaces.length; i++) {
      const db = keyspaces[this.nextDb++ % keyspaces.length]!;
      const table = fromAll ? db.table : db.expires;
      const key = table.nameAt(Math.floor(Math.random() * table.size));
      if (key !== undefined) return { db, key, score: 0 };
    }
    return undefined;
  }

  private sample(db: Keyspace, policy: EvictionPolicy, fromAll: boolean): void {
    const table = fromAll ? db.table : db.expires;
    if (table.size === 0) return;
    const samples = this.server.config.values['maxmemory-samples'];
    const all = table.size <= samples;
    for (let i = 0; i < Math.min(samples, table.size); i++) {
      const key = table.nameAt(all ? i : Math.floor(Math.random() * table.size))!;
      if (this.pool.some((one) => one.key === key && one.db === db)) continue;
      this.pool.push({ db, key, score: this.score(db, key, policy) });
    }
    this.pool.sort((a, b) => a.score - b.score);
    if (this.pool.length > POOL_SIZE) this.pool = this.pool.slice(-POOL_SIZE);
  }

  private score(db: Keyspace, key: string, policy: EvictionPolicy): number {
    const { accessClock } = this.server;
    if (policy === 'volatile-ttl') return -db.expiryOf(key)!;
    const stamp = db.stampOf(key);
    return policy.endsWith('lfu') ? 255 - accessClock.frequency(stamp) : accessClock.idleSeconds(stamp);
  }
}

/** 0 … 100 of the directive to milliseconds: half a millisecond at 10, then fast growing, without end at 100. */
function timeLimitMs(tenacity: number): number {
  if (tenacity <= 10) return (50 * tenacity) / 1000;
  if (tenacity < 100) return (500 * 1.15 ** (tenacity - 10)) / 1000;
  return Number.POSITIVE_INFINITY;
}
