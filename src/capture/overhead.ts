import type { Overhead } from '../core/finding.ts';
import { formatShare, plural, significant } from '../core/units.ts';

/**
 * What a tracer costs the watched processes for each call that it notes, in microseconds: the time by which a server
 * under 16 clients took longer, divided by the calls in the log (`npm run bench:overhead`). It holds what the reader of
 * the records takes of the CPUs, two of them where this was measured. What perf adds differs most between loads: up to
 * 6 µs with one client. Of strace it is half of what a call costs, since a
 * call during which another thread comes to word takes two lines.
 */
export const CALL_COST_US: Readonly<Record<string, number>> = { bpf: 1, bpftrace: 20, perf: 4, strace: 75 };
const UNKNOWN_COST_US = CALL_COST_US.strace!;

/** Without --max-overhead. */
export const MAX_OVERHEAD = 0.05;

/**
 * Lost time that one window may take from the target before it has a rest. A slow request shows its pattern within it,
 * and nobody is held up longer than that.
 */
const BURST_MS = 300;
/** A rest ends when so much of a burst may be spent again; attaching for less shows too little. */
const WORTH_ATTACHING_MS = 100;

export interface BudgetTerms {
  /** Part of the target's time that watching may cost, over the whole diagnosis; 0 to 1. */
  readonly maxOverhead: number;
  /** The whole diagnosis, milliseconds. */
  readonly diagnosisMs: number;
  /** The part of it in which a tracer may be attached. */
  readonly spanMs: number;
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number;
}

/**
 * What watching may still cost. The target may lose `maxOverhead` of the whole diagnosis, as estimated from the calls
 * that were noted; of that, a burst at once, and the rest as the time goes by.
 */
export class Budget {
  /** Of windows that are over: time that the target lost, as estimated. */
  private lostMs = 0;
  private attachedMs = 0;
  private readonly startedAt: number;
  private attachedAt: number | undefined;

  constructor(private readonly terms: BudgetTerms) {
    this.startedAt = terms.now();
  }

  get isUnlimited(): boolean {
    return this.terms.maxOverhead >= 1;
  }

  attach(): void {
    this.attachedAt = this.terms.now();
  }

  /** Whether the window must end, after so many calls. */
  isSpent(tracer: string, calls: number): boolean {
    return !this.isUnlimited && this.lostMs + this.costOf(tracer, calls) >= this.permittedMs(this.elapsedMs);
  }

  detach(tracer: string, calls: number): void {
    this.lostMs += this.costOf(tracer, calls);
    this.attachedMs += this.sinceAttached;
    this.attachedAt = undefined;
  }

  /** How long to rest before the next window; undefined when there can be none. Milliseconds. */
  restMs(): number | undefined {
    const { maxOverhead, diagnosisMs, spanMs } = this.terms;
    const allowedMs = maxOverhead * diagnosisMs;
    const wanted = this.lostMs + WORTH_ATTACHING_MS;
    if (wanted > allowedMs) return undefined;
    const atMs = ((wanted - BURST_MS) / allowedMs) * spanMs;
    return atMs < spanMs ? Math.max(0, atMs - this.elapsedMs) : undefined;
  }

  /** Time that the target lost so far, as estimated, and how long it was watched. Milliseconds. */
  get account(): { readonly lostMs: number; readonly attachedMs: number } {
    return { lostMs: this.lostMs, attachedMs: this.attachedMs };
  }

  private permittedMs(atMs: number): number {
    const { maxOverhead, diagnosisMs, spanMs } = this.terms;
    const allowedMs = maxOverhead * diagnosisMs;
    return Math.min(allowedMs, BURST_MS + allowedMs * (atMs / spanMs));
  }

  /** A tracer cannot cost more than all the time. */
  private costOf(tracer: string, calls: number): number {
    return Math.min((calls * (CALL_COST_US[tracer] ?? UNKNOWN_COST_US)) / 1000, this.sinceAttached);
  }

  private get sinceAttached(): number {
    return this.attachedAt === undefined ? 0 : this.terms.now() - this.attachedAt;
  }

  private get elapsedMs(): number {
    return this.terms.now() - this.startedAt;
  }
}

/** What is known at the end of how the target was watched. */
export interface Watching {
  readonly tracer: string;
  readonly calls: number;
  readonly attachedMs: number;
  /** Time that the target lost, as estimated while it was watched. */
  readonly lostMs: number;
  /** The whole diagnosis, as long as it was asked for. */
  readonly diagnosisMs: number;
  /** The target's reads and writes a second, while nobody and while somebody traced it. */
  readonly untracedRate: number | undefined;
  readonly tracedRate: number | undefined;
  readonly maxOverhead: number;
  readonly windows: number;
  /** Watching ended, or paused, because of the budget. */
  readonly shortened: boolean;
}

/** The load itself may have changed between the windows; this many times the estimate is not the tracer's doing. */
const PLAUSIBLE = 5;
/** Fewer reads and writes than this in a second measure nothing. */
const LEAST_RATE = 50;

/** What watching cost, as a part of the target's time over the whole diagnosis. */
export function overheadOf(watching: Watching): Overhead {
  const { tracer, calls, attachedMs, lostMs, diagnosisMs, maxOverhead } = watching;
  const part = (ms: number) => rounded(Math.min(1, ms / Math.max(1, diagnosisMs)));
  const cost = CALL_COST_US[tracer] ?? UNKNOWN_COST_US;
  const measuredMs = lossOf(watching);
  const isMeasured = measuredMs !== undefined && measuredMs <= PLAUSIBLE * lostMs;
  return {
    fraction: part(isMeasured ? measuredMs : lostMs),
    how: isMeasured
      ? 'measured: reads and writes a second that the target lost, against an untraced window of the same run'
      : `estimated: ${plural(calls, 'call')} at ${cost} µs each`,
    estimated: part(lostMs),
    ...(measuredMs === undefined ? {} : { measured: part(measuredMs) }),
    limit: maxOverhead,
    attachedSeconds: Math.round(attachedMs / 10) / 100,
    ...(watching.shortened ? { shortened: shortening(watching) } : {}),
  };
}

/** Milliseconds of the target's time, by what it still did; undefined where that was not measured. */
function lossOf({ untracedRate, tracedRate, attachedMs }: Watching): number | undefined {
  if (untracedRate === undefined || tracedRate === undefined || untracedRate < LEAST_RATE) return undefined;
  return attachedMs * Math.max(0, 1 - tracedRate / untracedRate);
}

function shortening({ windows, attachedMs, maxOverhead }: Watching): string {
  const seconds = `${significant(attachedMs / 1000)} s`;
  const limit = `would have cost more than ${formatShare(maxOverhead)} of its time (--max-overhead)`;
  return windows === 1
    ? `The window was ended after ${seconds}: watching on ${limit}.`
    : `It was watched in ${windows} short windows, ${seconds} in all: watching on ${limit}.`;
}

function rounded(fraction: number): number {
  return Math.round(fraction * 1e4) / 1e4;
}
