import type { Problem } from '../../core/capture.ts';
import { type Line, MAX_LINE_CHARS } from './lines.ts';

/** More problems than these say nothing new; the rest is counted. */
export const MAX_PROBLEMS = 1000;
/** As much of a line as a problem quotes. */
const MAX_QUOTE = 2000;

/** Collects what a parser could not read. */
export class Notes {
  readonly #list: Problem[] = [];
  #further = 0;
  #lastLine = 0;

  add(line: Pick<Line, 'number' | 'raw'>, reason: string): void {
    if (this.#list.length >= MAX_PROBLEMS) {
      this.#further += 1;
      this.#lastLine = line.number;
      return;
    }
    const text = line.raw.length > MAX_QUOTE ? `${line.raw.slice(0, MAX_QUOTE)}…` : line.raw;
    this.#list.push({ line: line.number, text, reason });
  }

  /** Notes a line that is too long to be one of a tool's, and says so. */
  overlong(line: Line): boolean {
    if (line.raw.length <= MAX_LINE_CHARS) return false;
    this.add(line, `longer than ${MAX_LINE_CHARS} characters`);
    return true;
  }

  /** The problems; the last one says how many more there were past MAX_PROBLEMS. */
  done(): Problem[] {
    if (this.#further === 0) return this.#list;
    const reason = `the last of ${this.#further} further lines that could not be read; only the first ${MAX_PROBLEMS} are listed`;
    return [...this.#list, { line: this.#lastLine, text: '', reason }];
  }
}
