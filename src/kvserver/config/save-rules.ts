import type { Directive } from './directive.ts';

/** Save in the background once there were so many changes and the last save is longer ago than so many seconds. */
export interface SaveRule {
  readonly seconds: number;
  readonly changes: number;
}

/**
 * The directive `save`: pairs of seconds and changes, "900 1 300 10". The empty word switches snapshots off,
 * which is how this server starts: it writes no file that nobody asked for.
 */
export function saveRules(): Directive<readonly SaveRule[]> {
  return {
    initial: [],
    mutable: true,
    many: true,
    read(given) {
      const words = given.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
      const numbers = words.map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN));
      const rules: SaveRule[] = [];
      for (let i = 0; i < numbers.length; i += 2) {
        const [seconds = 0, changes = Number.NaN] = [numbers[i], numbers[i + 1]];
        if (!(seconds >= 1 && changes >= 0)) return { reason: 'Invalid save parameters' };
        rules.push({ seconds, changes });
      }
      return { value: rules };
    },
    print: (rules) => rules.map(({ seconds, changes }) => `${seconds} ${changes}`).join(' '),
  };
}
