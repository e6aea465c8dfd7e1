/** What a number should be: ">=0.5", "<3", "100±10", "100±10%", "6..10" or "7". */
export interface Range {
  readonly text: string;
  holds(value: number): boolean;
}

const NUMBER = '(-?\\d+(?:\\.\\d+)?)';
const COMPARISON = new RegExp(`^(>=|<=|>|<)\\s*${NUMBER}$`);
const ABOUT = new RegExp(`^${NUMBER}\\s*±\\s*${NUMBER}(%?)$`);
const BETWEEN = new RegExp(`^${NUMBER}\\s*\\.\\.\\s*${NUMBER}$`);

export const RANGE_HELP = "a range such as '>=0.5', '<3', '100±10', '100±10%' or '6..10'";

/** Undefined when the text is no range. */
export function parseRange(written: string): Range | undefined {
  const text = written.trim();
  const [, operator, bound] = COMPARISON.exec(text) ?? [];
  if (operator !== undefined) {
    const limit = Number(bound);
    const compare = {
      '>=': (value: number) => value >= limit,
      '<=': (value: number) => value <= limit,
      '>': (value: number) => value > limit,
      '<': (value: number) => value < limit,
    }[operator]!;
    return { text, holds: compare };
  }
  const [, middle, by, percent] = ABOUT.exec(text) ?? [];
  if (middle !== undefined) {
    const width = percent ? (Math.abs(Number(middle)) * Number(by)) / 100 : Number(by);
    return { text, holds: (value) => Math.abs(value - Number(middle)) <= width };
  }
  const [, from, to] = BETWEEN.exec(text) ?? [];
  if (from !== undefined && Number(from) <= Number(to))
    return { text, holds: (value) => value >= Number(from) && value <= Number(to) };
  if (new RegExp(`^${NUMBER}$`).test(text)) return { text, holds: (value) => value === Number(text) };
  return undefined;
}
