const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/**
 * Splits a line into words as an inline command or a line of redis.conf is split: blanks separate, "double
 * quotes" know \n \r \t \b \a \xHH and \any, 'single quotes' know \' only, and a closing quote must end a word.
 * @returns undefined when a quote is not balanced. Linear.
 */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isBlank(line[at]!)) at++;
    if (at >= line.length) return words;
    let word = '';
    let quote = '';
    for (;;) {
      const c = line[at];
      if (c === undefined) {
        if (quote) return undefined;
        break;
      }
      if (quote === '"' && c === '\\' && at + 1 < line.length) {
        const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4));
        if (hex) {
          word += String.fromCharCode(Number.parseInt(hex[1]!, 16));
          at += 4;
        } else {
          word += ESCAPES[line[at + 1]!] ?? line[at + 1]!;
          at += 2;
        }
      } else if (quote === "'" && c === '\\' && line[at + 1] === "'") {
        word += "'";
        at += 2;
      } else if (quote && c === quote) {
        if (at + 1 < line.length && !isBlank(line[at + 1]!)) return undefined;
        at++;
        break;
      } else if (quote) {
        word += c;
        at++;
      } else if (isBlank(c)) {
        break;
      } else {
        if (c === '"' || c === "'") quote = c;
        else word += c;
        at++;
      }
    }
    words.push(word);
  }
}

function isBlank(c: string): boolean {
  return c === ' ' || (c >= '\t' && c <= '\r') || c === '\0';
}

/** A word with blanks, quotes or control characters in quotes, so that `splitWords` gives it back. */
export function quoteWord(word: string): string {
  if (/^[\x21\x23-\x26\x28-\x5b\x5d-\x7e]+$/.test(word)) return word;
  const escaped = word.replace(/[\\"]|[^\x20-\x7e]/g, (c) =>
    c === '\\' || c === '"' ? `\\${c}` : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}
