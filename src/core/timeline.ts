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

/**
 * What a stretch of a request's way was spent on: waiting for the sync of its own write, or of what others wrote;
 * appending; the server's work on it; others' commands before it; network and wake-up; work of the client; the client
 * waiting for something else. `client` is client and network where the client was not watched, `tracer` what watching
 * added, `unseen` what the log does not show.
 */
export const PATH_LAYERS = [
  ...(['sync', 'syncOfOthers', 'append', 'server', 'queue', 'network'] as const),
  ...(['clientCpu', 'clientWaits', 'client', 'tracer', 'unseen'] as const),
] as const;
export type PathLayer = (typeof PATH_LAYERS)[number];

/** A layer's part of the wall time. */
export interface LayerTime {
  readonly layer: PathLayer;
  readonly seconds: number;
  /** 0 to 1, of the wall time as it was watched. */
  readonly share: number;
}

/** One request, cut from its beginning to its end without a hole. */
export interface PathOfOne {
  /** "GET /get_cache", or "24 commands of 127.0.0.1:32996". */
  readonly what: string;
  readonly seconds: number;
  /** Only layers that took time; they sum to `seconds`. */
  readonly layers: readonly LayerTime[];
  readonly evidence: Evidence;
}

/** Where the time of the slow requests went. Absent when the log has no times. */
export interface CriticalPath {
  /** Whole HTTP requests of a watched client, or bursts of commands on a connection where no request was seen. */
  readonly of: 'requests' | 'bursts';
  readonly what: string;
  readonly count: number;
  /** Their wall time together, as it was watched. */
  readonly seconds: number;
  /** Part of it that has a layer; the rest is `unseen`. */
  readonly covered: number;
  /** Only layers that took time, the largest first; they sum to `seconds`. */
  readonly layers: readonly LayerTime[];
  /** Who held up others: whose writes were synced and whose commands stood before them; the worst first. */
  readonly heldUpBy?: readonly {
    readonly layer: 'syncOfOthers' | 'queue';
    readonly who: string;
    readonly seconds: number;
  }[];
  /** The slowest of them. */
  readonly slowest: readonly PathOfOne[];
}
