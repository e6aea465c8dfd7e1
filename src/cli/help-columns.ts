const WIDTH = 80;

/** Text within the columns of a terminal: long lines go on at a blank, below where their text began. */
export function withinColumns(text: string): string {
  return text
    .split('\n')
    .flatMap((line) => (line.length > WIDTH ? wrapped(line) : [line]))
    .join('\n');
}

function wrapped(line: string): string[] {
  // "  --option value      what it does": the text goes on in its own column.
  const [, name = ''] = /^( +\S.*? {2,})\S/.exec(line) ?? [];
  const indent = ' '.repeat(name.length || /^ *(?:- |\d+\. )?/.exec(line)![0].length);
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const at = rest.lastIndexOf(' ', WIDTH);
    if (at <= Math.max(indent.length, name.length)) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = indent + rest.slice(at + 1).trimStart();
  }
  return [...lines, rest];
}
