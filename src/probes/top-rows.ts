import type { ProcessObservation } from '../core/observation.ts';
import { type Word, wordsOf } from './text/columns.ts';
import type { Line } from './text/lines.ts';
import { amount, present, whole } from './text/values.ts';

/** The header of a frame's process rows. */
export interface TopColumns {
  readonly titles: readonly Word[];
  /** Place of COMMAND, the one column whose values hold spaces; -1 when it is not shown. */
  readonly command: number;
}

/** Titles of top's own. lsof, ps and pidstat have a PID and a command as well. */
const OWN = /^(?:%CPU|TIME\+|RES|VIRT|SHR|S)$/;

/** The columns of a header line, or undefined when the line is none. */
export function topColumns(text: string): TopColumns | undefined {
  const titles = wordsOf(text);
  const names = titles.map((title) => title.text);
  const isOther = names.some((name) => /^(?:FD|TYPE|STAT|VSZ|TTY|CMD|Command)$/.test(name));
  if (isOther || !names.includes('PID') || !names.some((name) => OWN.test(name))) return undefined;
  return { titles, command: names.indexOf('COMMAND') };
}

/** Reads a process row by its header; a reason when it cannot be read. */
export function readTopRow(line: Line, columns: TopColumns): ProcessObservation | string {
  // Words in the order of the titles; where a column is blank, only their places tell which.
  const inOrder = cellsInOrder(line.text, columns);
  const cells = inOrder && isPlausible(inOrder) ? inOrder : cellsByPlace(line.text, columns);
  const shown = whole(cells.get('PID'));
  if (shown === undefined) return 'no number under PID';
  if (columns.command !== -1 && !cells.has('COMMAND')) return 'the row ends before its command';
  if (!isPlausible(cells)) return 'values that do not fit their titles';
  const process = whole(cells.get('TGID'));
  const pid = process ?? shown;
  return {
    kind: 'process',
    line: line.number,
    text: line.raw,
    pid,
    ...present({
      tid: pid === shown ? undefined : shown,
      user: cells.get('USER') ?? cells.get('EUSER'),
      state: cells.get('S'),
      cpuPercent: amount(cells.get('%CPU')),
      memPercent: amount(cells.get('%MEM')),
      virtKib: topKib(cells.get('VIRT')),
      resKib: topKib(cells.get('RES')),
      shrKib: topKib(cells.get('SHR')),
      cpuSeconds: topSeconds(cells.get('TIME+') ?? cells.get('TIME')),
      command: cells.get('COMMAND'),
    }),
  };
}

type Cells = Map<string, string>;

function cellsInOrder(text: string, { titles, command }: TopColumns): Cells | undefined {
  const words = wordsOf(text);
  const before = command === -1 ? titles.length : command;
  const after = command === -1 ? 0 : titles.length - command - 1;
  if (words.length < before + after + (command === -1 ? 0 : 1)) return undefined;
  const cells: Cells = new Map();
  for (let at = 0; at < before; at += 1) cells.set(titles[at]!.text, words[at]!.text);
  if (command === -1) return cells;
  const last = words.length - after;
  cells.set('COMMAND', text.slice(words[before]!.start, words[last - 1]!.end));
  for (let at = 0; at < after; at += 1) cells.set(titles[command + 1 + at]!.text, words[last + at]!.text);
  return cells;
}

/** Each word belongs to the title above it; a word under none continues the command. */
function cellsByPlace(text: string, { titles }: TopColumns): Cells {
  const cells: Cells = new Map();
  let current: string | undefined;
  for (const word of wordsOf(text)) {
    const title = titles.find((candidate) => word.start < candidate.end && word.end > candidate.start)?.text;
    if (current === 'COMMAND' && (title === undefined || title === 'COMMAND')) {
      cells.set('COMMAND', `${cells.get('COMMAND')} ${word.text}`);
    } else if (title !== undefined) {
      cells.set(title, word.text);
      current = title;
    }
  }
  return cells;
}

/** Do the values look like what top prints under these titles? */
function isPlausible(cells: Cells): boolean {
  const state = cells.get('S');
  const time = cells.get('TIME+');
  const isNumber = (title: string) => !cells.has(title) || amount(cells.get(title)) !== undefined;
  const isSize = (title: string) => !cells.has(title) || topKib(cells.get(title)) !== undefined;
  return (
    (state === undefined || /^[A-Za-z]$/.test(state)) &&
    (time === undefined || topSeconds(time) !== undefined) &&
    ['PID', '%CPU', '%MEM'].every(isNumber) &&
    ['VIRT', 'RES', 'SHR'].every(isSize)
  );
}

const KIB_SUFFIX: Record<string, number> = { '': 1, k: 1, m: 1024, g: 1024 ** 2, t: 1024 ** 3, p: 1024 ** 4 };

/** "27304" (KiB), "1.2g", "512m" → KiB. */
export function topKib(token: string | undefined): number | undefined {
  const match = /^(\d+(?:[.,]\d+)?)([kmgtp]?)$/i.exec(token ?? '');
  return match ? Math.round(amount(match[1])! * KIB_SUFFIX[match[2]!.toLowerCase()]!) : undefined;
}

const SECONDS_PER: Record<string, number> = { h: 3600, d: 86_400, w: 604_800 };

/**
 * TIME+ as top shortens it to fit: "0:07.15" minutes:seconds.hundredths, "1234:56" minutes:seconds,
 * "123,45" hours,minutes, then "99h", "12d", "3w".
 */
export function topSeconds(token: string | undefined): number | undefined {
  if (token === undefined) return undefined;
  const minutes = /^(\d+):(\d\d)(?:[.,](\d\d))?$/.exec(token);
  if (minutes) return (Number(minutes[1]) * 6000 + Number(minutes[2]) * 100 + Number(minutes[3] ?? 0)) / 100;
  const hours = /^(\d+),(\d\d)$/.exec(token);
  if (hours) return Number(hours[1]) * 3600 + Number(hours[2]) * 60;
  const coarse = /^(\d+)([hdw])$/.exec(token);
  return coarse ? Number(coarse[1]) * SECONDS_PER[coarse[2]!]! : undefined;
}
