/** The quoted strings of a line that strace, or a tracer in its words, printed. */

const STRING = /"((?:[^"\\]|\\[\s\S])*\\?)(?:"|$)/g;

export interface QuotedString {
  /** As it stands between the quotes, escapes included. */
  readonly raw: string;
  /** The line up to the opening quote. */
  readonly before: string;
  /** It is followed by "...", or by nothing: there was more. */
  readonly cut: boolean;
}

/** Replaces what stands between the quotes; the rest of the line stays as it is. */
export function replaceStrings(line: string, replace: (string: QuotedString) => string): string {
  if (!line.includes('"')) return line;
  let result = '';
  let done = 0;
  STRING.lastIndex = 0;
  for (let match = STRING.exec(line); match; match = STRING.exec(line)) {
    const raw = match[1]!;
    const open = match.index;
    const end = open + 1 + raw.length;
    const isClosed = line[end] === '"';
    const cut = !isClosed || line.startsWith('...', end + 1);
    result += `${line.slice(done, open + 1)}${replace({ raw, before: line.slice(0, open), cut })}`;
    done = end;
    STRING.lastIndex = isClosed ? end + 1 : line.length;
    if (!isClosed) break;
  }
  return result + line.slice(done);
}

const ESCAPED: Readonly<Record<string, string>> = {
  '\r': '\\r',
  '\n': '\\n',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/** Bytes as they stand between quotes. */
export function escapeBytes(bytes: string): string {
  return bytes.replace(
    /[\x00-\x1f"\\\x7f-\xff]/g,
    (each) => ESCAPED[each] ?? `\\${each.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
