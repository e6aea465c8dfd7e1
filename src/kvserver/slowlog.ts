import type { Resolved } from './call.ts';
import type { Session } from './session.ts';

/** Arguments kept of a request, and bytes of each. */
const MAX_ARGS = 32;
const MAX_BYTES = 128;

export interface SlowEntry {
  readonly id: number;
  /** Epoch seconds. */
  readonly at: number;
  readonly us: number;
  readonly args: readonly string[];
  readonly address: string;
  readonly name: string;
}

export interface SlowLogHost {
  /** The directive slowlog-log-slower-than, in microseconds; negative switches the log off. */
  readonly slowlogThresholdUs: number;
  /** The directive slowlog-max-len. */
  readonly slowlogMaxLength: number;
  readonly now: number;
}

/** The latest commands that took long, with their arguments and who sent them. */
export class SlowLog {
  private readonly kept: SlowEntry[] = [];
  private nextId = 0;
  private readonly host: SlowLogHost;

  constructor(host: SlowLogHost) {
    this.host = host;
  }

  /** Latest first. */
  get entries(): readonly SlowEntry[] {
    return this.kept;
  }

  offer(session: Session, command: Resolved, args: readonly string[], ms: number): void {
    const threshold = this.host.slowlogThresholdUs;
    if (threshold < 0 || ms * 1000 < threshold || command.spec.flags.includes('skip_slowlog')) return;
    this.kept.unshift({
      id: this.nextId++,
      at: Math.floor(this.host.now / 1000),
      us: Math.floor(ms * 1000),
      args: shorten(args),
      address: session.peer?.address ?? '',
      name: session.name,
    });
    this.trim();
  }

  reset(): void {
    this.kept.length = 0;
  }

  /** After slowlog-max-len has changed, too. */
  trim(): void {
    if (this.kept.length > this.host.slowlogMaxLength) this.kept.length = this.host.slowlogMaxLength;
  }
}

/** Keeps the log small whatever clients send; says how much was left out. */
function shorten(args: readonly string[]): string[] {
  const over = args.length - MAX_ARGS;
  const kept = over > 0 ? args.slice(0, MAX_ARGS - 1) : args;
  const short = kept.map((arg) =>
    arg.length > MAX_BYTES ? `${arg.slice(0, MAX_BYTES)}... (${arg.length - MAX_BYTES} more bytes)` : arg,
  );
  if (over > 0) short.push(`... (${over + 1} more arguments)`);
  return short;
}
