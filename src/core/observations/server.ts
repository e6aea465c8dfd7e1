import type { Seen } from './seen.ts';

export interface ServerConfigObservation extends Seen {
  readonly kind: 'server-config';
  readonly directive: string;
  readonly value: string;
}

export interface ServerInfoObservation extends Seen {
  readonly kind: 'server-info';
  readonly section: string;
  readonly field: string;
  readonly value: string;
}

/** A line of the server's CLIENT LIST. */
export interface ServerClientObservation extends Seen {
  readonly kind: 'server-client';
  readonly id?: number;
  readonly address: string;
  /** The server's descriptor of this connection. */
  readonly fd?: number;
  readonly name?: string;
  readonly ageSeconds?: number;
  readonly idleSeconds?: number;
  /** N normal, O monitor, P pubsub, S replica, M primary … */
  readonly flags?: string;
  readonly lastCommand?: string;
  readonly outputBytes?: number;
  readonly queryBufferBytes?: number;
}

/** An event of the server's latency monitor, as LATENCY LATEST tells it. */
export interface ServerLatencyObservation extends Seen {
  readonly kind: 'server-latency';
  /** "expire-cycle", "aof-write", "fork", … */
  readonly event: string;
  /** Of its latest spike, on the server's clock. */
  readonly atSeconds: number;
  readonly latestMs: number;
  readonly worstEverMs: number;
}

/** How many commands the server's slow log holds (SLOWLOG LEN). */
export interface ServerSlowlogObservation extends Seen {
  readonly kind: 'server-slowlog';
  readonly entries: number;
}
