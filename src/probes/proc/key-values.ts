import { type Line, linesOf } from '../text/lines.ts';

/** The lines "key: value" or "key value" of a kernel file, in order. Other lines are passed over. */
export function* keyValues(text: string): Generator<{ key: string; value: string; line: Line }, void, void> {
  for (const line of linesOf(text)) {
    const match = /^([A-Za-z_][\w()]*):?\s+(.*\S)\s*$/.exec(line.text.slice(0, 1000));
    if (match) yield { key: match[1]!, value: match[2]!, line };
  }
}

export function seen(line: Line): { line: number; text: string } {
  return { line: line.number, text: line.raw };
}
