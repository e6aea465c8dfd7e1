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
 * Reads flags as redis-server does: `--port 7000 --save "" --bind 127.0.0.1 ::1`; what follows a name belongs to
 * the directive up to the next word with two dashes. The first word after a name is a value in any case, unless
 * the name is `--save`, which may stand alone. Also `--port=7000`, and "--port 7000" as one word. What stands
 * before the first flag is returned as `operands`.
 */
export function parseFlags(args: readonly string[]): { operands: string[]; settings: Setting[] } {
  const operands: string[] = [];
  const settings: { name: string; words: string[]; where: string }[] = [];
  let wantsValue = false;
  for (const arg of args) {
    const last = settings.at(-1);
    const isName = /^--[^-=\s]/.test(arg) && (!wantsValue || last?.name.toLowerCase() === 'save');
    if (!isName) {
      if (last) last.words.push(arg);
      else operands.push(arg);
      wantsValue = false;
      continue;
    }
    const [, name = '', rest] = /^--([^=\s]+)(?:[=\s](.*))?$/s.exec(arg)!;
    const isOneWord = arg.startsWith(`--${name}=`);
    const words =
      rest === undefined || rest.trim() === '' ? [] : isOneWord ? [rest] : (splitWords(rest) ?? [rest]);
    settings.push({ name, words, where: `--${name}` });
    wantsValue = words.length === 0;
  }
  return { operands, settings };
}
