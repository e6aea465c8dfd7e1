import { UserError } from '../core/errors.ts';

/** A word: bare characters and quoted parts, joined. Inside double quotes a backslash takes the next character as it is. */
const WORD = /\s*((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)/y;
const PART = /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^"'\\]+)/gs;

/**
 * Cuts a command line into its words as a shell quotes them, and expands nothing: no variables, no globs, no pipes.
 * @throws UserError when a quote is left open
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  WORD.lastIndex = 0;
  let end = 0;
  for (let match = WORD.exec(line); match; match = WORD.exec(line)) {
    end = WORD.lastIndex;
    words.push(
      match[1]!.replaceAll(
        PART,
        (_all, double?: string, single?: string, escaped?: string, bare?: string) =>
          double?.replaceAll(/\\(.)/gs, '$1') ?? single ?? escaped ?? bare ?? '',
      ),
    );
  }
  if (line.slice(end).trim() !== '') throw new UserError(`a quote is left open in: ${line}`);
  return words;
}

/** Words as somebody can paste them into a shell. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}
