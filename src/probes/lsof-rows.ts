import type { DescriptorObservation } from '../core/observation.ts';
import { type LsofName, readName } from './lsof-names.ts';
import { type Word, wordsOf } from './text/columns.ts';
import type { Line } from './text/lines.ts';
import { present, whole } from './text/values.ts';

/** The header's titles by name. */
export type LsofColumns = ReadonlyMap<string, Word>;

/** The columns of a header line, or undefined when the line is none. */
export function lsofColumns(text: string): LsofColumns | undefined {
  if (!text.startsWith('COMMAND')) return undefined;
  const columns = new Map(wordsOf(text).map((word) => [word.text, word]));
  return columns.has('PID') && columns.has('FD') && columns.has('NAME') ? columns : undefined;
}

const FD_WORD = /^(?:cwd|rtd|txt|mem|mmap|DEL|ltx|err|jld|pd|tr|v86|m86|Mxx|L\d\d)$/;
const FD_NUMBER = /^(\d{1,10})([rwu-])?([A-Za-z])?$/;
const TYPE = /^(?:[A-Za-z][\w.-]*|0\d+|\?+)$/;

/** Reads a row; a reason when it is none of lsof's or says that it could not look. */
export function readLsofRow(line: Line, columns: LsofColumns | undefined): DescriptorObservation | string {
  const words = wordsOf(line.text);
  const at = descriptorAt(words, columns);
  if (at === undefined) {
    return words.some((word) => word.text === 'NOFD')
      ? 'lsof was not permitted to list the descriptors of this process'
      : 'no descriptor and type where lsof prints them';
  }
  const pidAt = processAt(words, at, columns);
  if (pidAt === undefined) return 'no process id';
  const fd = FD_NUMBER.exec(words[at]!.text);
  const type = words[at + 1]!;
  const rest = cellsByPlace(line.text, type, columns) ?? cellsByShape(line.text, words.slice(at + 2));
  const tid = taskOf(words.slice(pidAt + 1, at - 1), columns);
  return {
    kind: 'descriptor',
    line: line.number,
    text: line.raw,
    pid: whole(words[pidAt]!.text)!,
    fd: fd ? Number(fd[1]) : words[at]!.text,
    ...present({
      tid,
      command: unescaped(line.text.slice(words[0]!.start, words[pidAt - 1]!.end)),
      user: pidAt + 1 < at ? words[at - 1]!.text : undefined,
      access: fd?.[2] === undefined || fd[2] === '-' ? undefined : (fd[2] as 'r' | 'w' | 'u'),
      type: type.text,
    }),
    ...placed(rest, type.text, words[at]!.text),
  };
}

/**
 * The word under FD, which ends with its title or goes on behind it; else the first word that is a descriptor with a
 * type behind it, not before the columns that no row leaves blank.
 */
function descriptorAt(words: readonly Word[], columns?: LsofColumns): number | undefined {
  const title = columns?.get('FD');
  const isDescriptor = (at: number) => {
    const [word, next] = [words[at]!.text, words[at + 1]?.text];
    if (next === undefined || !TYPE.test(next) || FD_WORD.test(next)) return false;
    return FD_WORD.test(word) || FD_NUMBER.test(word);
  };
  if (title) {
    const under = words.findIndex((word) => word.start < title.end && word.end >= title.end);
    if (under > 1 && isDescriptor(under)) return under;
  }
  const titles = columns ? [...columns.keys()] : ['COMMAND', 'PID', 'USER', 'FD'];
  const first = titles
    .slice(0, titles.indexOf('FD'))
    .filter((name) => name !== 'TID' && name !== 'TASKCMD').length;
  for (let at = first; at + 1 < Math.min(words.length, 24); at += 1) if (isDescriptor(at)) return at;
  return undefined;
}

/** The word under PID; without a header the first number behind the command. */
function processAt(words: readonly Word[], before: number, columns?: LsofColumns): number | undefined {
  const title = columns?.get('PID');
  const numbers = words.flatMap((word, at) => (at > 0 && at < before && whole(word.text) ? [at] : []));
  return numbers.find((at) => title !== undefined && words[at]!.end === title.end) ?? numbers[0];
}

/** The thread, which not every row has: the number under TID; without a header, a number before the user. */
function taskOf(between: readonly Word[], columns?: LsofColumns): number | undefined {
  const title = columns?.get('TID');
  if (columns && !title) return undefined;
  return whole(between.find((word) => title === undefined || word.end === title.end)?.text);
}

interface Cells {
  readonly device?: string | undefined;
  readonly size?: string | undefined;
  readonly node?: string | undefined;
  readonly name: string;
}

/** The columns behind TYPE, cut where the header's titles end; undefined when the row does not keep to them. */
function cellsByPlace(text: string, type: Word, columns?: LsofColumns): Cells | undefined {
  const device = columns?.get('DEVICE');
  const size = columns?.get('SIZE/OFF') ?? columns?.get('SIZE') ?? columns?.get('OFFSET');
  const node = columns?.get('NODE');
  const name = columns?.get('NAME');
  if (!device || !size || !node || !name || type.end > device.end) return undefined;
  const edges = [type.end, device.end, size.end, node.end];
  if (edges.some((edge) => edge < text.length && text[edge] !== ' ')) return undefined;
  const cut = (from: number, to: number) => text.slice(from, to).trim() || undefined;
  const cells = {
    device: cut(type.end, device.end),
    size: cut(device.end, size.end),
    node: cut(size.end, node.end),
    name: text.slice(node.end).trim(),
  };
  return [cells.device, cells.size, cells.node].some((cell) => cell?.includes(' ')) ? undefined : cells;
}

const DEVICE = /^(?:\d+,\d+|0x[0-9a-f]+|\d+)$/i;
const SIZE = /^(?:0t\d+|0x[0-9a-f]+|\d+)$/i;
const NODE = /^(?:\d+|TCP|UDP|UDPLITE|SCTP|ICMP|ICMPV6|RAW|IGMP)$/i;

/** The same without places to go by: a blank SIZE/OFF leaves one number where otherwise two stand. */
function cellsByShape(text: string, words: readonly Word[]): Cells {
  const texts = words.map((word) => word.text);
  const from = (at: number) => (at < words.length ? text.slice(words[at]!.start).trimEnd() : '');
  if (!DEVICE.test(texts[0] ?? '')) return { name: from(0) };
  const [device, second, third] = texts;
  if (SIZE.test(second ?? '') && NODE.test(third ?? ''))
    return { device, size: second, node: third, name: from(3) };
  if (NODE.test(second ?? '')) return { device, node: second, name: from(2) };
  if (SIZE.test(second ?? '')) return { device, size: second, name: from(2) };
  return { device, name: from(1) };
}

function placed(cells: Cells, type: string, fd: string): LsofName & Partial<DescriptorObservation> {
  const isInet = /^(?:IPv[46]|inet)$/.test(type);
  const protocol = cells.node !== undefined && whole(cells.node) === undefined ? cells.node : undefined;
  const name = readName(cells.name);
  return {
    ...present({
      // Of an internet socket lsof prints the inode under DEVICE and the protocol under NODE.
      device: isInet ? undefined : cells.device,
      inode: whole(isInet ? cells.device : cells.node),
      sizeBytes: whole(cells.size),
      protocol,
    }),
    ...name,
    ...(fd === 'DEL' ? { deleted: true } : {}),
  };
}

/** lsof writes a space inside a command name as \x20. */
function unescaped(command: string): string {
  return command.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
