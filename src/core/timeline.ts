import type { Evidence } from './finding.ts';

/** Where a stretch of time went. */
export type Layer = 'sync' | 'append' | 'server' | 'client';

/** One bar of a waterfall. */
export interface WaterfallRow {
  readonly layer: Layer;
  /** What happened, without values: "SADD", "fdatasync", "client and network". */
  readonly label: string;
  /** Milliseconds from the beginning of the waterfall. */
  readonly startMs: number;
  readonly ms: number;
  readonly evidence?: Evidence;
}

/** A slow stretch of one connection, call by call. */
export interface Waterfall {
  /** What is shown: "40 of 5013 commands on 127.0.0.1:32996". */
  readonly what: string;
  readonly ms: number;
  readonly rows: readonly WaterfallRow[];
  /** Milliseconds of the whole burst by layer; they sum to `burstMs`. */
  readonly layers: Readonly<Record<Layer, number>>;
  readonly burstMs: number;
}

/** How long syncs took, and when. Milliseconds. */
export interface SyncTimes {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Powers of two; from below the fastest to above the slowest. */
  readonly histogram: readonly { readonly fromMs: number; readonly toMs: number; readonly count: number }[];
  /** Equal parts of the window; the median of each, absent where nothing was synced. */
  readonly slots: readonly { readonly count: number; readonly p50Ms?: number; readonly maxMs?: number }[];
  readonly slotSeconds: number;
}
