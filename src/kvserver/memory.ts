import type { Server } from './server.ts';
import type { Session } from './session.ts';

/** The bytes that `maxmemory` is held against: data as store/memory.ts counts it, and clients' buffers. */
export class Memory {
  /** Requests that are not complete and replies that were not read; see `measureClients`. */
  clientBytes = 0;
  private peakSeen = 0;
  /** On the monotonic clock. */
  private staleAt = 0;
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /** Keys, values and expiries. */
  dataset(): number {
    let bytes = 0;
    for (const db of this.server.keyspaces) bytes += db.bytes;
    return bytes;
  }

  /** Everything. */
  used(): number {
    const bytes = this.dataset() + this.clientBytes + this.notCounted();
    if (bytes > this.peakSeen) this.peakSeen = bytes;
    return bytes;
  }

  /** What waits to be written to the append-only file: it shrinks by itself, so no key has to go for it. */
  notCounted(): number {
    return this.server.aof.status?.bufferLength ?? 0;
  }

  /** Bytes above the limit; 0 or less when there is room, or no limit. */
  excess(): number {
    const limit = this.server.config.values.maxmemory;
    return limit === 0 ? 0 : this.used() - this.notCounted() - limit;
  }

  get peak(): number {
    return Math.max(this.peakSeen, this.used());
  }

  resetPeak(): void {
    this.peakSeen = 0;
  }

  /** In the background, and before a key has to go for them. O(number of clients). */
  measureClients(): void {
    let bytes = 0;
    for (const session of this.server.sessions.values()) {
      const { peer } = session;
      session.measuredBytes = peer ? peer.queryBuffer + peer.argumentBytes + peer.outputBuffer : 0;
      bytes += session.measuredBytes;
    }
    this.clientBytes = bytes;
    this.used();
  }

  /** Measures again unless that was just done; at most a twentieth of the time goes into it. */
  measureClientsIfStale(): void {
    const { clock, monotonicNow } = this.server;
    if (monotonicNow < this.staleAt) return;
    const started = clock.monotonic();
    this.measureClients();
    this.staleAt = monotonicNow + Math.max(1, 20 * (clock.monotonic() - started));
  }

  /** The end of a connection: what it took is free at once. */
  forgetClient(session: Session): void {
    this.clientBytes -= session.measuredBytes;
    session.measuredBytes = 0;
  }
}
