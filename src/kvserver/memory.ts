import type { Server } from './server.ts';

/** The bytes that `maxmemory` is held against: data as store/memory.ts counts it, and clients' buffers. */
export class Memory {
  /** Requests that are not complete and replies that were not read; measured by the background work. */
  clientBytes = 0;
  private peakSeen = 0;
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

  /** O(number of clients). */
  measureClients(): void {
    let bytes = 0;
    for (const { peer } of this.server.sessions.values()) {
      if (peer) bytes += peer.queryBuffer + peer.outputBuffer;
    }
    this.clientBytes = bytes;
    this.used();
  }
}
