import type { CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type { CpuObservation, DiskObservation } from '../core/observation.ts';
import { GRACE_MS, type ProbeRun, wholeSeconds } from './options.ts';
import { isDecoration, type Line, linesOf } from './text/lines.ts';
import { Notes } from './text/notes.ts';
import { present } from './text/values.ts';

/*
 * iostat(1) of sysstat 9 to 12: https://man7.org/linux/man-pages/man1/iostat.1.html
 *
 *   Linux 4.15.0 (host)   12/23/18   _x86_64_   (2 CPU)
 *   avg-cpu:  %user   %nice %system %iowait  %steal   %idle
 *              2.78    0.00    1.59    0.19    0.01   95.44
 *   Device            r/s     w/s     rkB/s     wkB/s   rrqm/s   wrqm/s  %rrqm  %wrqm r_await w_await aqu-sz …
 *   sda              0.00  492.00      0.00   2672.00     0.00   176.00   0.00  26.35    0.00    1.76   0.00 …
 *
 * Columns differ from version to version and are read by their titles. Without -y the first report is an average
 * since boot; `frame` counts the reports from 0.
 */

export type IostatObservation = DiskObservation | CpuObservation;

export const iostatProbe: Probe<IostatObservation, ProbeRun> = {
  name: 'iostat',
  summary: 'each disk: requests, bytes, waiting time, queue',
  debianPackage: 'sysstat',
  command: iostatCommand,
  parse: parseIostat,
};

/** One report a second over the window, without the one since boot (-y, sysstat 10.1.3). */
function iostatCommand(run: ProbeRun): CommandSpec {
  const seconds = wholeSeconds(run.durationMs, 1);
  return {
    file: 'iostat',
    args: run.args ?? ['-d', '-x', '-y', '1', String(seconds)],
    timeoutMs: run.timeoutMs ?? seconds * 1000 + GRACE_MS,
    debianPackage: 'sysstat',
  };
}

type DiskField = Exclude<keyof DiskObservation, 'kind' | 'line' | 'text' | 'clock' | 'frame' | 'device'>;

/** Column title → field, and what a value is multiplied with. A sector is 512 bytes. */
const DISK_COLUMNS: Readonly<Record<string, readonly [DiskField, number]>> = {
  'r/s': ['readsPerSec', 1],
  'w/s': ['writesPerSec', 1],
  'f/s': ['flushesPerSec', 1],
  tps: ['transfersPerSec', 1],
  'rkB/s': ['readKibPerSec', 1],
  'wkB/s': ['writeKibPerSec', 1],
  'kB_read/s': ['readKibPerSec', 1],
  'kB_wrtn/s': ['writeKibPerSec', 1],
  'rMB/s': ['readKibPerSec', 1024],
  'wMB/s': ['writeKibPerSec', 1024],
  'MB_read/s': ['readKibPerSec', 1024],
  'MB_wrtn/s': ['writeKibPerSec', 1024],
  'rsec/s': ['readKibPerSec', 0.5],
  'wsec/s': ['writeKibPerSec', 0.5],
  'Blk_read/s': ['readKibPerSec', 0.5],
  'Blk_wrtn/s': ['writeKibPerSec', 0.5],
  r_await: ['readAwaitMs', 1],
  w_await: ['writeAwaitMs', 1],
  f_await: ['flushAwaitMs', 1],
  await: ['awaitMs', 1],
  'aqu-sz': ['queueSize', 1],
  'avgqu-sz': ['queueSize', 1],
  '%util': ['utilPercent', 1],
};

const CPU_COLUMNS = {
  '%user': 'userPercent',
  '%nice': 'nicePercent',
  '%system': 'systemPercent',
  '%iowait': 'iowaitPercent',
  '%steal': 'stealPercent',
  '%idle': 'idlePercent',
} as const;

const BANNER = /^\S+ \S+ \(.*\)\s.*\bCPU\)\s*$/;
const TIMESTAMP =
  /^(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T])?(\d{1,2}:\d\d:\d\d(?: [AP]M)?)(?:[+-]\d\d:?\d\d|Z)?$|^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)[+\-Z]\S*$/;

/** Reads what iostat printed, any number of reports. Never throws. */
export function parseIostat(text: string): Parsed<IostatObservation> {
  const items: IostatObservation[] = [];
  const notes = new Notes();
  let block: { kind: 'cpu' | 'disk'; titles: string[] } | undefined;
  let clock: string | undefined;
  let frame = 0;
  const parts = new Set<string>();
  const rows = new Map<string, number>();
  /** A part that the report has already, or that comes before one it has, begins the next report. */
  const enter = (part: string, isFirst: boolean) => {
    if (parts.has(part) || (isFirst && parts.size > 0)) {
      frame += 1;
      parts.clear();
      rows.clear();
    }
    parts.add(part);
  };
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const words = line.text.trim().split(/\s+/);
    const stamp = TIMESTAMP.exec(line.text.trim());
    if (stamp) {
      enter('clock', true);
      clock = stamp[1] ?? stamp[2];
    } else if (words[0] === 'avg-cpu:') {
      // Before it stands at most the time stamp.
      enter('cpu', !(parts.size === 1 && parts.has('clock')));
      block = { kind: 'cpu', titles: words.slice(1) };
    } else if (words.some((word) => /^Device:?$/.test(word)) && words.length > 2) {
      const titles = words.map((word) => word.replace(/^Device:$/, 'Device'));
      // With -h a report comes in several blocks of other columns.
      enter(titles.join(' '), false);
      block = { kind: 'disk', titles };
    } else if (BANNER.test(line.text)) {
      block = undefined;
    } else if (!block) {
      notes.add(line, 'before any header of iostat');
    } else {
      const row =
        block.kind === 'cpu' ? readCpu(line, words, block.titles) : readDisk(line, words, block.titles);
      const known = typeof row !== 'string' && row.kind === 'disk' ? rows.get(row.device) : undefined;
      if (typeof row === 'string') notes.add(line, row);
      else if (known !== undefined)
        items[known] = merged(items[known] as DiskObservation, row as DiskObservation);
      else {
        if (row.kind === 'disk') rows.set(row.device, items.length);
        items.push({ ...row, ...present({ clock }), frame });
      }
    }
  }
  return { items, problems: notes.done() };
}

/** A further row of the same disk adds its columns; the place stays that of the first. */
function merged(first: DiskObservation, further: DiskObservation): DiskObservation {
  return { ...first, ...further, line: first.line, text: first.text };
}

/** "492.00", "492,00", or with -h and --human "2.6M", "26.4%", "0.0k": the number in the column's own unit. */
function scaled(token: string, title: string): number | undefined {
  const match = /^(\d+(?:[.,]\d+)?)([kMGT%]?)B?$/.exec(token);
  if (!match) return undefined;
  const value = Number(match[1]!.replace(',', '.'));
  const power = ' kMGT'.indexOf(match[2] || ' ');
  if (match[2] === '%' || power === 0) return value;
  // A column of kB shows 2.6M for 2.6 × 1024 kB.
  const own = /MB/.test(title) ? 2 : /kB/.test(title) ? 1 : 0;
  return value * (own === 0 ? 1000 : 1024) ** (power - own);
}

function readDisk(line: Line, words: readonly string[], titles: readonly string[]): DiskObservation | string {
  if (words.length !== titles.length) {
    return `${words.length} values under ${titles.length} titles`;
  }
  const device = words[titles.indexOf('Device')]!;
  const fields: Partial<Record<DiskField, number>> = {};
  for (const [at, title] of titles.entries()) {
    if (title === 'Device') continue;
    const value = scaled(words[at]!, title);
    if (value === undefined) return `"${words[at]}" under ${title} is no number`;
    const column = Object.hasOwn(DISK_COLUMNS, title) ? DISK_COLUMNS[title] : undefined;
    if (column) fields[column[0]] = value * column[1];
  }
  return { kind: 'disk', line: line.number, text: line.raw, device, ...fields };
}

function readCpu(line: Line, words: readonly string[], titles: readonly string[]): CpuObservation | string {
  if (words.length !== titles.length) return `${words.length} values under ${titles.length} titles`;
  const fields: Partial<Record<(typeof CPU_COLUMNS)[keyof typeof CPU_COLUMNS], number>> = {};
  for (const [at, title] of titles.entries()) {
    const value = scaled(words[at]!, title);
    if (value === undefined) return `"${words[at]}" under ${title} is no number`;
    if (Object.hasOwn(CPU_COLUMNS, title)) fields[CPU_COLUMNS[title as keyof typeof CPU_COLUMNS]] = value;
  }
  return { kind: 'cpu', line: line.number, text: line.raw, cpu: 'all', ...fields };
}
