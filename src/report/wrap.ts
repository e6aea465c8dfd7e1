import { printable } from './printable.ts';

/** Breaks text at spaces; a word longer than the line stands alone on its line, cut where it must be. */
export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (let word of printable(text)
    .split(/\s+/)
    .filter((each) => each !== '')) {
    while (word.length > width - indent.length) {
      if (line.trim() !== '') lines.push(line);
      lines.push(`${indent}${word.slice(0, width - indent.length)}`);
      word = word.slice(width - indent.length);
      line = indent;
    }
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  if (line.trim() !== '') lines.push(line);
  return lines.length > 0 ? lines : [''];
}
