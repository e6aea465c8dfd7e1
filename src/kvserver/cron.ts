import { evictClients } from './client-eviction.ts';
import { expiryCycle } from './expiry-cycle.ts';
import type { Server } from './server.ts';
import { Rate } from './stats.ts';

const RATE_EVERY_MS = 100;

/** What happens in the background `hz` times a second. */
export class Cron {
  readonly commandsRate = new Rate();
  readonly inputRate = new Rate();
  readonly outputRate = new Rate();
  private readonly server: Server;
  private timer: NodeJS.Timeout | undefined;

  constructor(server: Server) {
    this.server = server;
  }

  start(): void {
    this.timer = setTimeout(this.run, 1000 / this.server.config.values.hz);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private readonly run = (): void => {
    try {
      this.work();
      this.lastDefect = '';
    } catch (thrown) {
      this.report(thrown);
    }
    // The interval is read each time: CONFIG SET hz takes effect at once.
    this.timer = setTimeout(this.run, 1000 / this.server.config.values.hz);
  };

  /** Said once, not at every round. */
  private report(thrown: unknown): void {
    if (String(thrown) === this.lastDefect) return;
    this.lastDefect = String(thrown);
    this.server.defect('background work', thrown);
  }
  private lastDefect = '';

  private work(): void {
    const { server } = this;
    const now = server.clock.monotonic();
    expiryCycle(server);
    server.latency('expire-cycle', server.clock.monotonic() - now);
    // Bytes that were put off, a sync that is due, a write that failed: tried again even when no client asks.
    server.aof.flush();
    this.rewriteIfWanted();
    server.snapshots.tick();
    server.memory.measureClients();
    evictClients(server);
    if (server.config.values.maxmemory > 0) server.eviction.makeRoom();
    this.sampleRates(now);
    this.checkClients();
  }

  private sampleRates(now: number): void {
    const { stats } = this.server;
    if (now - (this.sampledAt ?? Number.NEGATIVE_INFINITY) < RATE_EVERY_MS) return;
    this.sampledAt = now;
    this.commandsRate.sample(stats.commandsProcessed, now);
    this.inputRate.sample(stats.netInputBytes, now);
    this.outputRate.sample(stats.netOutputBytes, now);
  }
  private sampledAt: number | undefined;

  private rewriteIfWanted(): void {
    const { aof, persistence } = this.server;
    if (
      persistence.rewriting ||
      !(aof.rewriteScheduled || this.hasGrown() || (aof.open && this.server.faults.rewriteDue()))
    )
      return;
    try {
      // Where it was switched on while a snapshot was written, it is only now that it begins.
      aof.startRewrite(this.server.config.values.appendonly);
    } catch (error) {
      const reason = (error as Error).message;
      this.server.log(`the rewrite of the append-only file cannot begin: ${reason}`);
      if (this.server.config.values.appendonly && !aof.open) persistence.aofGivenUp(reason);
    }
  }

  private hasGrown(): boolean {
    const { aof, config } = this.server;
    const percentage = config.values['auto-aof-rewrite-percentage'];
    const size = aof.totalSize;
    if (!aof.open || percentage === 0 || size <= config.values['auto-aof-rewrite-min-size']) return false;
    const base = Math.max(1, aof.baseSize);
    return ((size - base) * 100) / base >= percentage;
  }

  /** Who is slow at reading is noticed also while nothing is sent to him. */
  private checkClients(): void {
    const { server } = this;
    const limit = server.config.values.timeout * 1000;
    for (const session of server.sessions.values()) {
      session.peer?.checkOutput();
      // Who waits for a key or for messages is not idle.
      if (limit === 0 || session.subscriptionCount > 0 || server.blocking.isBlocked(session)) continue;
      if (server.now - session.lastAt > limit) session.peer?.close(false);
    }
  }
}
