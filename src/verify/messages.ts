import type { ServerAddress } from '../probes/redis.ts';
import type { Change } from './plan.ts';

/** Values as they were before: directive to value. Empty for commands, whose opposite is known. */
export type OldValues = Readonly<Record<string, string>>;

/** Which server it is, to tell it from another one that listens there later. */
export interface ServerIdentity {
  /** Another one after each start (INFO server, run_id). */
  readonly runId?: string;
  /** CONFIG GET dir: the same after a restart. */
  readonly dir?: string;
}

/** What the keeper has to hold. Goes through a pipe, since it may hold a password; never to disk. */
export interface Order {
  readonly change: Change;
  readonly target: { readonly pid: number; readonly startTicks?: number; readonly comm: string };
  /** Absent when only commands are run. */
  readonly server?: ServerAddress;
  /** The server is in another network namespace than the one who asks. */
  readonly elsewhere?: boolean;
  readonly stateFile: string;
  /** What an earlier keeper had noted, when this one takes over from it. */
  readonly before?: { readonly old: OldValues; readonly identity: ServerIdentity };
}

export type Message =
  | { readonly kind: 'hold'; readonly order: Order }
  /** The fix is on until something else is said; and for `forMs` at most, should whoever asked have been stopped. */
  | { readonly kind: 'apply'; readonly forMs: number }
  | { readonly kind: 'restore' }
  /** The fix stays, and the keeper goes. */
  | { readonly kind: 'keep' };

export type Answer =
  | { readonly kind: 'held'; readonly old: OldValues; readonly identity: ServerIdentity }
  | { readonly kind: 'applied' }
  | { readonly kind: 'restored' }
  | { readonly kind: 'kept' }
  /** Somebody else changed it meanwhile: theirs was left alone. */
  | { readonly kind: 'foreign'; readonly what: string }
  /** Nothing was changed. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The server's process has ended, and with it what had been set. */
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };
