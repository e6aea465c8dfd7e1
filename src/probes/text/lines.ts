/** A line of a tool's output. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** As it was printed, without its line end. */
  readonly raw: string;
  /** What a parser reads: without terminal control sequences, and without the ^C of an interrupted terminal. */
  readonly text: string;
}

/** Longer lines are not read: no tool here prints them, and a pattern could take quadratic time on one. */
export const MAX_LINE_CHARS = 64 * 1024;

// Colours, cursor movements, character set switches: what `tool | tee` or script(1) keeps of a terminal.
const CONTROL =
  /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Za-z0-9]|\x1b[=>78cDEHM]|\x0f/g;

/** Every line of the text in order; a last line without a line end counts, an empty remainder does not. */
export function* linesOf(text: string): Generator<Line, void, void> {
  let number = 0;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    number += 1;
    const raw = text.slice(start, end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end);
    yield { number, raw, text: readable(raw) };
    start = end + 1;
  }
}

function readable(raw: string): string {
  let text = raw;
  if (text.length <= MAX_LINE_CHARS && text.includes('\x1b')) text = text.replace(CONTROL, '');
  if (text.startsWith('^C')) text = text.slice(2);
  return text;
}

const PROMPT = /^\s*(?:[\w.-]{1,64}@[^$#]{0,128}|\[[^\]]{0,128}\]\s?)?[$#](?:\s|$)/;
const ELLIPSIS = /^\s*(?:\.{2,}|…|\[(?:\.{2,}|…)\]|\^C)\s*$/;
const FENCE = /^\s*(?:```|~~~)\s*[\w-]*\s*$/;

/**
 * Is this a line that no tool printed: blank, a shell prompt with its command, a comment, an ellipsis, the fence of
 * a code block? Saved outputs are often pasted with them, and nothing is lost when they are passed over.
 */
export function isDecoration(text: string): boolean {
  return text.trim() === '' || ELLIPSIS.test(text) || FENCE.test(text) || PROMPT.test(text.slice(0, 400));
}
