import { quantile } from '../core/units.ts';
import type { Sync } from './derive/conversation.ts';
import type { Trace } from './derive/trace.ts';

/** How many syncs, and how long each took; microseconds. */
export interface SyncTimes {
  readonly calls: number;
  /** Seconds of the log in which they were counted; absent in a log without times. */
  readonly seconds?: number;
  readonly p50Us?: number;
  readonly maxUs?: number;
}

/**
 * The syncs that a rule has found, or all of a long log of which only stretches were rebuilt: where every sync of the
 * stretches is of this kind, those that were only counted are too.
 */
export function syncTimesOf(trace: Trace, syncs: readonly Sync[]): SyncTimes {
  const counted = trace.census?.syncs;
  if (counted && syncs.length === trace.syncs.length) {
    const { calls, p50Us, maxUs } = counted;
    const { seconds } = trace.census!;
    return { calls, ...(seconds === undefined ? {} : { seconds }), p50Us, maxUs };
  }
  const durations = syncs.flatMap((sync) => sync.durationUs ?? []);
  const [p50Us, maxUs] = [quantile(durations, 0.5), quantile(durations, 1)];
  return {
    calls: syncs.length,
    ...(trace.seconds === undefined ? {} : { seconds: trace.seconds }),
    ...(p50Us === undefined ? {} : { p50Us }),
    ...(maxUs === undefined ? {} : { maxUs }),
  };
}
