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
