/** A code path whose duration is watched. The names are those users know from Redis. */
export type LatencyEvent =
  /** A command that may take long by its nature. */
  | 'command'
  /** A command whose cost is constant or logarithmic: when it is slow, something else is. */
  | 'fast-command'
  /** Any write of the append-only file, and the three situations it can meet. */
  | 'aof-write'
  | 'aof-write-alone'
  | 'aof-write-pending-fsync'
  | 'aof-write-active-child'
  | 'aof-fsync-always'
  | 'aof-fstat'
  | 'aof-rename'
  /** Taking the copy that a rewrite or a snapshot is made from; a forking server would fork here. */
  | 'fork'
  /** Removing the temporary file of a snapshot that failed. */
  | 'rdb-unlink-temp-file'
  | 'expire-cycle'
  | 'expire-del'
  /** Making room under maxmemory, and each removal within. */
  | 'eviction-cycle'
  | 'eviction-del';

export interface Spike {
  /** Epoch seconds. */
  readonly at: number;
  readonly ms: number;
  /** The same in microseconds, where it was measured that finely. */
  readonly us?: number;
}

/** Spikes kept for each event. One second has one, so this is at least that many seconds. */
const KEPT = 160;

/** The spikes of one event: the worst of each second, the latest seconds only, and the worst of all time. */
export class SpikeSeries {
  private readonly kept: Spike[] = [];
  maxMs = 0;

  /** @param duration milliseconds; their fraction is kept as microseconds */
  add(at: number, duration: number): void {
    const ms = Math.floor(duration);
    const us = Math.floor(duration * 1000);
    this.maxMs = Math.max(this.maxMs, ms);
    const last = this.kept.at(-1);
    if (last?.at === at) {
      if (us > (last.us ?? last.ms * 1000)) this.kept[this.kept.length - 1] = { at, ms, us };
      return;
    }
    this.kept.push({ at, ms, us });
    if (this.kept.length > KEPT) this.kept.shift();
  }

  /** Oldest first; never empty once something was added. */
  get spikes(): readonly Spike[] {
    return this.kept;
  }
}

/** A series out of spikes that were noted elsewhere. @param spikes oldest first */
export function seriesOf(spikes: readonly Spike[], maxMs: number): SpikeSeries {
  const series = new SpikeSeries();
  for (const { at, ms } of spikes) series.add(at, ms);
  series.maxMs = Math.max(series.maxMs, maxMs);
  return series;
}

export interface MonitorHost {
  /** The directive latency-monitor-threshold, in milliseconds; 0 switches the monitor off. */
  readonly latencyThreshold: number;
  /** Epoch milliseconds. */
  wallClock(): number;
}

/**
 * The latency monitor: the event loop has one thread, so whatever takes long makes everybody wait; here it is
 * noted what did. Costs one comparison a watched path while nothing is slow.
 * Source: the documentation of the latency monitoring framework.
 */
export class LatencyMonitor {
  private readonly series = new Map<LatencyEvent, SpikeSeries>();
  private readonly host: MonitorHost;

  constructor(host: MonitorHost) {
    this.host = host;
  }

  /** Notes a path's duration when it reaches the threshold. */
  sample(event: LatencyEvent, ms: number): void {
    const threshold = this.host.latencyThreshold;
    if (threshold === 0 || ms < threshold) return;
    let series = this.series.get(event);
    if (!series) {
      series = new SpikeSeries();
      this.series.set(event, series);
    }
    series.add(Math.floor(this.host.wallClock() / 1000), ms);
  }

  events(): ReadonlyMap<string, SpikeSeries> {
    return this.series;
  }

  find(event: string): SpikeSeries | undefined {
    return this.series.get(event as LatencyEvent);
  }

  /** Forgets everything, or the named events. @returns how many series there were */
  reset(names: readonly string[]): number {
    if (names.length === 0) {
      const count = this.series.size;
      this.series.clear();
      return count;
    }
    return names.filter((name) => this.series.delete(name as LatencyEvent)).length;
  }
}
