import { quantile } from '../../core/units.ts';
import type { TraceInput } from './trace-input.ts';

/** With fewer pauses than this the quartile is anybody's. */
const LEAST_GAPS = 20;

/**
 * What the tracer added to each call at most, in microseconds, as the log itself shows it. A thread that goes from one
 * call to the next has seldom much to do in between, and most calls return at once: so the lower quartile of those
 * pauses and the one of the durations together are what a call takes under this tracer (strace 40 to 90 µs, bpftrace
 * 10, bpf 3, of which most is the call itself). Undefined without times.
 */
export function callCost({ items }: Pick<TraceInput, 'items'>): number | undefined {
  const endOf = new Map<number | undefined, number>();
  const gaps: number[] = [];
  const durations: number[] = [];
  for (const item of items) {
    if (item.kind !== 'syscall') {
      if (item.event === 'gap') endOf.clear();
      continue;
    }
    const { tid, startUs, durationUs } = item;
    if (startUs === undefined || durationUs === undefined) continue;
    const before = endOf.get(tid);
    if (before !== undefined && startUs >= before) gaps.push(startUs - before);
    endOf.set(tid, startUs + durationUs);
    durations.push(durationUs);
  }
  return gaps.length < LEAST_GAPS ? undefined : quantile(gaps, 0.25)! + quantile(durations, 0.25)!;
}

/**
 * What a tracer adds to each call of the thread that makes it, in microseconds, measured on a tight loop of calls. That
 * of strace differs between machines more than its own log tells; so its log is asked.
 */
const ADDED_US: Readonly<Record<string, number>> = { bpf: 0.5, bpftrace: 2.8, perf: 2 };
const STRACE_US = { least: 20, usual: 75, most: 160 } as const;

/** @param callCostUs what a call takes under the tracer, as `callCost` tells it from the log */
export function addedPerCall(source: string, callCostUs: number | undefined): number {
  const known = ADDED_US[source];
  if (known !== undefined) return known;
  return Math.min(STRACE_US.most, Math.max(STRACE_US.least, callCostUs ?? STRACE_US.usual));
}
