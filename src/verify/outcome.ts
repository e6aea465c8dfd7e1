import type { Prediction } from '../core/finding.ts';
import { formatShare } from '../core/units.ts';
import type { Metric } from './measure.ts';

/** One window: whether the fix was on, and what was measured. */
export interface Window {
  readonly fix: boolean;
  readonly values: Readonly<Partial<Record<Metric, number>>>;
  readonly requests: number;
  readonly commands: number;
}

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly windows: number;
}

export interface Outcome {
  readonly verdict: 'better' | 'worse' | 'cannot-tell';
  readonly because: string;
  readonly metric?: Metric;
  readonly without?: Spread;
  readonly with?: Spread;
  /** What the median changed by, as a part of what it was; negative is less. */
  readonly difference?: number;
  /** How likely chance alone sorts the windows so (rank test of Mann and Whitney, exact, one-sided). */
  readonly chance?: number;
  readonly predicted?: { readonly after: number; readonly low: number; readonly high: number };
  readonly againstPrediction?: 'as predicted' | 'more than predicted' | 'less than predicted';
}

/** Chance may bring such a result in one of twenty verifications. With 4 windows against 3, all must be apart. */
const MOST_CHANCE = 0.05;
/** A smaller change is not worth a setting, however surely it was measured. */
const LEAST_CHANGE = 0.03;
/** Below, no order of the windows is unlikely enough. */
const FEWEST_WINDOWS = 3;
const PING = 'PING milliseconds' satisfies Metric;
const METRICS: readonly Metric[] = [
  'request seconds',
  'command milliseconds',
  'answer milliseconds',
  'milliseconds per command by the counters',
  PING,
];

/** What the windows say, and what was promised. */
export function judgeWindows(measured: readonly Window[], prediction: Prediction | undefined): Outcome {
  const windows = measured.map(withoutLonePing);
  const metric = choose(windows, prediction);
  if (metric === undefined) {
    const asked = windows.filter(isAsked).length;
    return {
      verdict: 'cannot-tell',
      because:
        asked === 0
          ? 'no client asked the server for anything meanwhile; verify while it is under load'
          : asked < windows.length
            ? `too few windows saw requests: clients asked in ${asked} of ${windows.length}; verify while they go on asking`
            : 'too few windows saw requests; give a longer --duration',
    };
  }
  const valuesOf = (fix: boolean) =>
    windows.flatMap((window) => (window.fix === fix ? (window.values[metric] ?? []) : []));
  const [off, on] = [valuesOf(false), valuesOf(true)];
  const [without, withFix] = [spreadOf(off), spreadOf(on)];
  const difference = without.median > 0 ? withFix.median / without.median - 1 : 0;
  const chance = difference < 0 ? chanceOf(off, on) : chanceOf(on, off);
  const isSure = chance <= MOST_CHANCE;
  const isLarge = Math.abs(difference) >= LEAST_CHANGE;
  const verdict = isSure && isLarge ? (difference < 0 ? 'better' : 'worse') : 'cannot-tell';
  const because =
    verdict !== 'cannot-tell'
      ? `${formatShare(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'} with the fix`
      : isSure
        ? `the difference is only ${formatShare(Math.abs(difference))}`
        : `the difference of the medians (${formatShare(Math.abs(difference))}) is within the noise of the windows`;
  // No fix promised anything for a PING.
  const predicted = prediction && metric !== PING && scaled(prediction, metric, without.median);
  return {
    ...{ verdict, because, metric, without, with: withFix, difference, chance },
    ...(predicted ? { predicted, againstPrediction: against(withFix.median, predicted) } : {}),
  };
}

/** The metric of the prediction, where enough windows of both kinds have it; else the next best. */
function choose(windows: readonly Window[], prediction: Prediction | undefined): Metric | undefined {
  const order = [...METRICS].sort(
    (a, b) => Number(b === prediction?.metric) - Number(a === prediction?.metric),
  );
  const has = (metric: Metric, fix: boolean) =>
    windows.filter((window) => window.fix === fix && window.values[metric] !== undefined).length;
  return order.find((metric) => has(metric, true) >= FEWEST_WINDOWS && has(metric, false) >= FEWEST_WINDOWS);
}

const isAsked = ({ requests, commands }: Window) => requests + commands > 0;

/** What a PING of ours takes says nothing of clients that are not there. */
function withoutLonePing(window: Window): Window {
  if (isAsked(window)) return window;
  const { [PING]: _, ...values } = window.values;
  return { ...window, values };
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)!, windows: sorted.length };
}

/** In another metric than the prediction's, what was promised is the factor. */
function scaled({ metric, before, after, low, high }: Prediction, measured: Metric, now: number) {
  const factor = metric === measured || !(before > 0) ? 1 : now / before;
  return { after: after * factor, low: low * factor, high: high * factor };
}

function against(
  value: number,
  { low, high }: { low: number; high: number },
): NonNullable<Outcome['againstPrediction']> {
  if (value < low) return 'more than predicted';
  return value > high ? 'less than predicted' : 'as predicted';
}

/**
 * How likely values of one kind come out so much larger than the others when it makes no difference which is which.
 * Equal values count against it.
 */
export function chanceOf(larger: readonly number[], smaller: readonly number[]): number {
  let wrong = 0;
  for (const one of larger) for (const other of smaller) if (one <= other) wrong++;
  const [m, n] = [larger.length, smaller.length];
  // ways[j][u]: orders of the values so far, with j of the one kind, in which u pairs stand the wrong way round.
  let ways: Map<number, number>[] = [new Map([[0, 1]])];
  for (let place = 0; place < m + n; place++) {
    const next: Map<number, number>[] = [];
    for (const [taken, byWrong] of ways.entries()) {
      for (const [pairs, count] of byWrong) {
        const others = place - taken;
        if (taken < m) add(next, taken + 1, pairs + others, count);
        if (others < n) add(next, taken, pairs, count);
      }
    }
    ways = next;
  }
  let [all, asGood] = [0, 0];
  for (const [pairs, count] of ways[m]!) {
    all += count;
    if (pairs <= wrong) asGood += count;
  }
  return asGood / all;
}

function add(table: Map<number, number>[], row: number, key: number, count: number): void {
  while (table.length <= row) table.push(new Map());
  table[row]!.set(key, (table[row]!.get(key) ?? 0) + count);
}
