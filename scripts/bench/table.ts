/** A table for a terminal or for a README. The first column holds words, the others numbers. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below it. */
  readonly notes: readonly string[];
}

export function toText({ title, head, rows, notes }: Table): string {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return `${[title, '', line(head), rule, ...rows.map(line), '', ...notes].join('\n')}\n`;
}

export function toMarkdown({ title, head, rows, notes }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const aligned = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return `${[`**${title}**`, '', line(head), line(aligned), ...rows.map(line), '', ...notes].join('\n')}\n`;
}
