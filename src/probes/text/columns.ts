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

/**
 * Gives each word of a row to the column whose title it overlaps, or else stands nearest to. For rows that have
 * fewer words than the header has titles, because a column is blank.
 */
export function byPosition(titles: readonly Word[], words: readonly Word[]): Map<string, string> {
  const found = new Map<string, string>();
  let from = 0;
  for (const word of words) {
    let best = -1;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (let at = from; at < titles.length; at += 1) {
      const title = titles[at]!;
      const distance = Math.max(title.start - word.end + 1, word.start - title.end + 1, 0);
      if (distance < bestDistance) {
        best = at;
        bestDistance = distance;
      }
    }
    if (best === -1) break;
    found.set(titles[best]!.text, word.text);
    from = best + 1;
  }
  return found;
}
