import { Histogram } from './latency/histogram.ts';

/** What one command has cost so far, for INFO commandstats and latencystats. */
export interface CommandStats {
  calls: number;
  usec: number;
  /** Refused before they ran: wrong arity, no password, read-only … */
  rejected: number;
  /** Ran and ended with an error. */
  failed: number;
  /** Absent until a call has been noted while latency-tracking was on. */
  times: Histogram | undefined;
}

/** Notes how long a call took. */
export function noteTime(entry: CommandStats, ms: number): void {
  entry.times ??= new Histogram();
  entry.times.add(ms * 1e6);
}

/** Counters since the start or the last CONFIG RESETSTAT. */
export class Stats {
  connectionsReceived = 0;
  connectionsRejected = 0;
  commandsProcessed = 0;
  netInputBytes = 0;
  netOutputBytes = 0;
  expiredKeys = 0;
  evictedKeys = 0;
  evictedClients = 0;
  /** Expiry cycles that ended because their time was over. */
  expireTimeLimits = 0;
  /** Milliseconds that expiry cycles took. */
  expireMs = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  errorReplies = 0;
  readonly commands = new Map<string, CommandStats>();
  readonly errors = new Map<string, number>();
  private readonly byIndex: CommandStats[] = [];

  entry(command: { readonly index: number; readonly fullName: string }): CommandStats {
    return this.byIndex[command.index] ?? this.newEntry(command);
  }

  private newEntry(command: { readonly index: number; readonly fullName: string }): CommandStats {
    const entry = { calls: 0, usec: 0, rejected: 0, failed: 0, times: undefined };
    this.commands.set(command.fullName, entry);
    this.byIndex[command.index] = entry;
    return entry;
  }

  /** Counts an error reply under its code, "-ERR …" → ERR. */
  errorReply(reply: string): void {
    this.errorReplies++;
    const code = /^-(\S*)/.exec(reply)?.[1] ?? 'ERR';
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  reset(): void {
    const fresh = new Stats();
    this.commands.clear();
    this.byIndex.length = 0;
    this.errors.clear();
    const { commands: _c, errors: _e, byIndex: _b, ...counters } = fresh;
    Object.assign(this, counters);
  }
}

/** How much a counter grew per second, over the last sixteen samples. */
export class Rate {
  private readonly samples: number[] = [];
  private lastValue = 0;
  private lastAt: number | undefined;

  sample(value: number, atMs: number): void {
    if (this.lastAt !== undefined && atMs > this.lastAt) {
      this.samples.push(((value - this.lastValue) * 1000) / (atMs - this.lastAt));
      if (this.samples.length > 16) this.samples.shift();
    }
    this.lastValue = value;
    this.lastAt = atMs;
  }

  get perSecond(): number {
    if (this.samples.length === 0) return 0;
    return this.samples.reduce((sum, x) => sum + x, 0) / this.samples.length;
  }
}
