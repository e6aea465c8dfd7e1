import type { Problem } from './capture.ts';

/** Calls of one name, over a whole log. */
export interface CallCount {
  readonly name: string;
  readonly calls: number;
  /** Time inside these calls; absent in a log without durations. */
  readonly seconds?: number;
  /** Calls that failed. */
  readonly errors: number;
}

/** Durations of successful syncs, over a whole log. Percentiles are exact to 2 %. */
export interface SyncCount {
  readonly calls: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** What is known of every line of a log that is too long to rebuild every call of it. */
export interface Census {
  readonly bytes: number;
  readonly lines: number;
  /** All calls, those that never returned too. */
  readonly calls: number;
  /** Most frequent first. */
  readonly byName: readonly CallCount[];
  /** Threads that made calls. */
  readonly threads: number;
  readonly syncs?: SyncCount;
  /** Seconds that the log covers, without the gaps in it; absent in a log without times. */
  readonly seconds?: number;
  /** Calls that had not returned when the log ended. */
  readonly unfinished: number;
  /** Lines that could not be read, all of them. */
  readonly unread: number;
  /** The first of them. */
  readonly problems: readonly Problem[];
  /** How much of it was read in detail. */
  readonly detail: { readonly stretches: number; readonly calls: number };
}

/** Why calls are missing between two stretches; the detail of a "gap" event. */
export const BETWEEN_STRETCHES = 'counted, not read in detail';
