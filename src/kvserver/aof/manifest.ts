import { quoteWord, splitWords } from '../resp/split-words.ts';

/** One file of a multi-part append-only file. */
export interface AofPart {
  readonly name: string;
  readonly seq: number;
  /** b: the data set at one moment; i: what was written since; h: replaced, to be deleted. */
  readonly type: 'b' | 'i' | 'h';
}

/**
 * The list of files that make up the append-only file, in the order in which they are loaded: at most one base,
 * then the increments. Kept in a file of its own beside them, one line a part:
 *
 *     file appendonly.aof.1.base.rdb seq 1 type b
 *     file appendonly.aof.1.incr.aof seq 1 type i
 *
 * Source: the documentation of Redis 7 on persistence ("multi part AOF").
 */
export interface Manifest {
  readonly base: AofPart | undefined;
  readonly increments: readonly AofPart[];
  readonly history: readonly AofPart[];
}

export const EMPTY_MANIFEST: Manifest = { base: undefined, increments: [], history: [] };

const LONGEST_LINE = 1024;

/** @throws Error that names the line when the text is no manifest */
export function parseManifest(text: string): Manifest {
  let base: AofPart | undefined;
  const increments: AofPart[] = [];
  const history: AofPart[] = [];
  if (text === '') throw new Error('Found an empty AOF manifest');
  text
    .replace(/\n$/, '')
    .split('\n')
    .forEach((line, index) => {
      if (line.startsWith('#')) return;
      if (line.length > LONGEST_LINE) throw new Error(`manifest line ${index + 1} is too long`);
      const part = parsePart(line);
      if (!part) throw new Error(`manifest line ${index + 1} is no file entry: ${JSON.stringify(line)}`);
      if (part.type === 'h') history.push(part);
      else if (part.type === 'i') increments.push(part);
      else if (base) throw new Error(`manifest line ${index + 1} names a second base file`);
      else base = part;
    });
  for (let i = 1; i < increments.length; i++) {
    if (increments[i]!.seq <= increments[i - 1]!.seq) throw new Error('manifest has increments out of order');
  }
  return { base, increments, history };
}

function parsePart(line: string): AofPart | undefined {
  const words = splitWords(line);
  if (!words || words.length % 2 !== 0) return undefined;
  const fields = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) fields.set(words[i]!.toLowerCase(), words[i + 1]!);
  const name = fields.get('file');
  const seq = Number(fields.get('seq'));
  const type = fields.get('type');
  if (!name || name.includes('/') || !(seq > 0)) return undefined;
  return type === 'b' || type === 'i' || type === 'h' ? { name, seq, type } : undefined;
}

export function printManifest(manifest: Manifest): string {
  const parts = [...(manifest.base ? [manifest.base] : []), ...manifest.history, ...manifest.increments];
  return parts.map((part) => `file ${quoteWord(part.name)} seq ${part.seq} type ${part.type}\n`).join('');
}

/** @param asRdb a snapshot rather than commands */
export function baseName(prefix: string, seq: number, asRdb: boolean): string {
  return `${prefix}.${seq}.base.${asRdb ? 'rdb' : 'aof'}`;
}

export function incrementName(prefix: string, seq: number): string {
  return `${prefix}.${seq}.incr.aof`;
}
