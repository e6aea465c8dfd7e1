import type { Look } from './lesson.ts';

/** The part of an output that is shown: from the last line that fits the pattern on, so many lines; else its end. */
export function excerptOf(text: string, excerpt: Look['excerpt']): string[] {
  const lines = text.replace(/\n+$/, '').split('\n');
  if (!excerpt) return lines;
  const { from } = excerpt;
  const start = from ? lines.findLastIndex((line) => from.test(line)) : -1;
  if (start !== -1) return lines.slice(start, start + excerpt.lines);
  return from ? lines.slice(0, excerpt.lines) : lines.slice(-excerpt.lines);
}
