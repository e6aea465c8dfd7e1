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
