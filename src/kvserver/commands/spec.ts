import type { Session } from '../session.ts';

export type Flag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'fast'
  | 'no_auth'
  | 'movablekeys'
  /** Refused between MULTI and EXEC. */
  | 'no_multi'
  /** Runs at once also between MULTI and EXEC. */
  | 'no_queue'
  /** A RESP2 client that has subscribed may still send it. */
  | 'while_subscribed'
  /** What it runs is written to the append-only file one by one; it is not written itself. */
  | 'transparent'
  /** Never noted in the slow log: it is nothing but other commands, or it holds a password. */
  | 'skip_slowlog'
  /** MONITOR does not show it: what it runs is shown one by one. */
  | 'skip_monitor';

/** Flags that are this server's own affair: COMMAND INFO does not show them. */
export const INTERNAL_FLAGS: ReadonlySet<Flag> = new Set([
  'no_queue',
  'while_subscribed',
  'transparent',
  'skip_slowlog',
  'skip_monitor',
] as const);

export type Group =
  | 'string'
  | 'bitmap'
  | 'set'
  | 'hash'
  | 'list'
  | 'sorted-set'
  | 'generic'
  | 'connection'
  | 'server'
  | 'pubsub'
  | 'transactions';

/** Where a command's keys are: first, last (negative counts from the end) and the step between them. */
export interface KeyRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** One command: what clients may ask about it, and what it does. */
export interface CommandSpec {
  /** Lower case; a subcommand's own name only. */
  readonly name: string;
  /** Number of words with the name; negative: at least that many. */
  readonly arity: number;
  readonly flags: readonly Flag[];
  readonly keys?: KeyRange;
  /** Where the number of further keys is, which follow it: NAME … numkeys key key … */
  readonly countAt?: number;
  /** Where the keys are when the two above cannot say it. */
  readonly findKeys?: (request: readonly string[]) => number[];
  readonly group: Group;
  readonly since: string;
  readonly summary: string;
  readonly complexity: string;
  /** A command of subcommands (CONFIG, CLIENT …) has these; then `run` is for the name alone. */
  readonly subcommands?: readonly CommandSpec[];
  /** @returns the encoded reply. @throws CommandError for an error reply */
  run?(session: Session, args: readonly string[]): string;
}
