import type { Directive } from './directive.ts';

/** A list of percentages, "50 99 99.9"; the empty one is allowed. */
export function percentiles(initial: readonly number[]): Directive<readonly number[]> {
  return {
    initial,
    mutable: true,
    many: true,
    read(given) {
      const words = given.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
      const value = words.map((word) => (/^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN));
      if (value.every((one) => one <= 100)) return { value };
      return { reason: 'latency-tracking-info-percentiles must contain percentages between 0.0 and 100.0' };
    },
    print: (value) => value.join(' '),
  };
}
