import { UserError } from './errors.ts';

const UNIT_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const LONGEST_MS = 86_400_000;

/**
 * Reads "300ms", "10s", "2m", "1.5h" or a bare number of seconds.
 * @returns milliseconds, greater than 0
 * @throws UserError when the text is no duration
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m|h)?$/.exec(text.trim());
  const ms = match ? Number(match[1]) * UNIT_MS[match[2] ?? 's']! : Number.NaN;
  if (ms > LONGEST_MS)
    throw new UserError(`"${text}" is longer than a day; write for example 300ms, 10s or 2m.`);
  if (!(ms > 0) || !Number.isFinite(ms)) {
    throw new UserError(`"${text}" is no duration; write for example 300ms, 10s or 2m.`);
  }
  return ms;
}

/**
 * Reads "5%", "0.5 %" or a fraction such as "0.05".
 * @returns greater than 0, at most 1
 * @throws UserError when the text is no such share; a bare 5 is refused, since it may mean either
 */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(text.trim());
  const share = match ? Number(match[1]) / (match[2] ? 100 : 1) : Number.NaN;
  if (!(share > 0 && share <= 1))
    throw new UserError(`"${text}" is no share; write for example 5%, or 0.05, up to 100%.`);
  return share;
}

/** A duration in the unit that reads best, three significant digits: "7.6 ms", "10.5 s", "160 µs". */
export function formatMs(ms: number): string {
  if (ms === 0) return '0 ms';
  for (const [unit, perMs, limit] of STEPS) {
    const text = significant(ms * perMs);
    if (Math.abs(Number(text)) < limit) return `${text} ${unit}`;
  }
  return `${significant(ms / 60_000)} min`;
}

/** Unit, how many of it make a millisecond, and from which printed number on the next one reads better. */
const STEPS = [
  ['µs', 1000, 1000],
  ['ms', 1, 1000],
  ['s', 0.001, 120],
] as const;

/** Three significant digits without an exponent: 0.0123, 7.6, 118, 41872. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return String(Math.round(value));
  if (Math.abs(value) < 1e-6) return '0';
  return String(Number(value.toPrecision(3)));
}

/** 0.914 → "91 %"; keeps one digit below 10 %. */
export function formatShare(fraction: number): string {
  const percent = fraction * 100;
  return `${percent > 0 && percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** The value at quantile q (0 to 1) of unsorted numbers, by nearest rank; undefined when there are none. */
export function quantile(values: readonly number[], q: number): number | undefined {
  if (values.length === 0) return undefined;
  // Typed arrays are sorted as numbers, without a call for each comparison.
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** "1 sync", "118 syncs". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
