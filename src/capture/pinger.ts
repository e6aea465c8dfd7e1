import { setTimeout as sleep } from 'node:timers/promises';
import { authenticate, openClient } from '../probes/redis/capture.ts';
import type { ServerAddress } from '../probes/redis.ts';

type Client = ReturnType<typeof openClient>;

/** One PING: when it was sent, on performance's clock, and how long its answer took. Milliseconds. */
export interface Ping {
  readonly atMs: number;
  readonly tookMs: number;
}

/** Ten a second: nothing to a server, and a window of half a second still holds a few. */
const EVERY_MS = 100;
/** A server that needs longer for a PING has other worries; it is asked no more. */
const TIMEOUT_MS = 1000;
/** Ten minutes of them. */
const MAX_PINGS = 6000;

/** Sends PING on a connection of its own, one after the other. Changes nothing at the server, and never throws. */
export class Pinger {
  private readonly pings: Ping[] = [];
  private readonly over = new AbortController();
  private readonly ended: Promise<void>;

  private constructor(
    private readonly client: Client,
    /** Our end of the connection, as /proc/net/tcp has it: "127.0.0.1:41234". */
    readonly address: string,
  ) {
    // Ends when the connection or a time limit does; what was measured until then counts.
    this.ended = this.run().catch(() => undefined);
  }

  /** @returns undefined when the server cannot be reached, or wants a password that is not there */
  static async connect(to: ServerAddress): Promise<Pinger | undefined> {
    let client: Client | undefined;
    try {
      client = openClient({ ...to, timeoutMs: TIMEOUT_MS });
      client.on('error', () => undefined);
      await client.connect();
      if (to.password !== undefined) await authenticate(client, to.user, to.password, []);
      const { localAddress, localPort } = client.stream as { localAddress?: string; localPort?: number };
      const pong = await client.call('PING');
      if (pong === 'PONG' && localAddress !== undefined && localPort !== undefined)
        return new Pinger(client, `${localAddress}:${localPort}`);
    } catch {
      // Without it the report only lacks a number.
    }
    client?.disconnect();
    return undefined;
  }

  /** Hangs up. @returns the pings that were answered */
  async close(): Promise<readonly Ping[]> {
    this.over.abort();
    this.client.disconnect();
    await this.ended;
    return this.pings;
  }

  private async run(): Promise<void> {
    const { signal } = this.over;
    while (this.pings.length < MAX_PINGS) {
      const atMs = performance.now();
      const late = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const answer = await Promise.race([
        this.client.call('PING'),
        new Promise((settle) => late.addEventListener('abort', settle, { once: true })),
      ]);
      if (answer !== 'PONG') return;
      this.pings.push({ atMs, tookMs: performance.now() - atMs });
      await sleep(EVERY_MS, undefined, { signal });
    }
  }
}
