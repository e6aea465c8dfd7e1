/** Buckets within each power of two: a value is known to within 1 part in 128. */
const HALF = 128;
const HALF_BITS = 7;
/** Longer ones count as this long: nanoseconds. */
const LONGEST = 1_000_000_000;
const BUCKETS = indexOf(LONGEST) + 1;
/** LATENCY HISTOGRAM's steps: from here on, doubled each time. Nanoseconds. */
const FIRST_STEP = 1024;

/** Bits that are dropped of a value: 0 below 256. */
function shiftOf(ns: number): number {
  return Math.max(0, 31 - Math.clz32(ns) - HALF_BITS);
}

function indexOf(ns: number): number {
  const shift = shiftOf(ns);
  return shift * HALF + (ns >>> shift);
}

/** The largest value of the bucket that a value falls into. */
function highestIn(ns: number): number {
  const shift = shiftOf(ns);
  return (((ns >>> shift) + 1) << shift) - 1;
}

/** The largest value of a bucket. */
function highestAt(index: number): number {
  const shift = Math.max(0, Math.floor(index / HALF) - 1);
  return ((index - shift * HALF + 1) << shift) - 1;
}

/**
 * How long a command took, each time: counts in buckets whose width grows with the value, so that 12 KB hold
 * everything from a nanosecond to a second to two digits. Source: the idea of HdrHistogram.
 */
export class Histogram {
  count = 0;
  private readonly buckets = new Uint32Array(BUCKETS);

  add(ns: number): void {
    this.buckets[indexOf(ns < LONGEST ? Math.floor(ns) : LONGEST)]!++;
    this.count++;
  }

  /** The time within which a part of the calls ended, in nanoseconds. @param percent 0 … 100 */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.floor((percent / 100) * this.count + 0.5));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.buckets[index]!;
      if (seen >= wanted) return highestAt(index);
    }
    return 0;
  }

  /** How many calls took at most so many microseconds, at each doubling; steps that add none are left out. */
  cumulative(): { readonly us: number; readonly calls: number }[] {
    const steps: { us: number; calls: number }[] = [];
    let calls = 0;
    let index = 0;
    for (let limit = FIRST_STEP; calls < this.count && index < BUCKETS; limit *= 2) {
      const before = calls;
      const last = Math.min(BUCKETS - 1, indexOf(Math.min(limit, LONGEST)));
      for (; index <= last; index++) calls += this.buckets[index]!;
      if (calls > before) steps.push({ us: Math.floor(highestIn(Math.min(limit, 2 ** 30)) / 1000), calls });
    }
    return steps;
  }
}
