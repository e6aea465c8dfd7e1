import { splitWords } from '../resp/split-words.ts';
import type { Setting } from './config.ts';

/**
 * Reads the text of a redis.conf: one directive a line, `#` comments, quoted words. Pure.
 * @returns the settings in order, and the lines that cannot be read
 */
export function parseConfFile(text: string, file: string): { settings: Setting[]; problems: string[] } {
  const settings: Setting[] = [];
  const problems: string[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const where = `${file} line ${index + 1}`;
    const words = splitWords(line);
    if (words === undefined || words[0] === undefined) problems.push(`${where}: unbalanced quotes`);
    else settings.push({ name: words[0], words: words.slice(1), where });
  });
  return { settings, problems };
}

/**
 * Reads flags as redis-server does: `--port 7000 --save "" --bind 127.0.0.1 ::1`; everything up to the next
 * word with two dashes belongs to the directive. Words before the first flag are returned as `operands`.
 */
export function parseFlags(args: readonly string[]): { operands: string[]; settings: Setting[] } {
  const operands: string[] = [];
  const settings: { name: string; words: string[]; where: string }[] = [];
  for (const arg of args) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
    if (match)
      settings.push({ name: match[1]!, words: match[2] === undefined ? [] : [match[2]], where: arg });
    else if (settings.length > 0) settings.at(-1)!.words.push(arg);
    else operands.push(arg);
  }
  return { operands, settings };
}
