/** A word of a line and where it stands: [start, end). */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The words of a line, separated by white space. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(/\S+/g)) {
    words.push({ text: match[0], start: match.index, end: match.index + match[0].length });
  }
  return words;
}
