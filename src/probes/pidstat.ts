import type { CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type {
  ProcessCpuObservation,
  ProcessIoObservation,
  ProcessSwitchesObservation,
} from '../core/observation.ts';
import { GRACE_MS, type ProbeRun, wholeSeconds } from './options.ts';
import { isDecoration, type Line, linesOf } from './text/lines.ts';
import { Notes } from './text/notes.ts';
import { amount, decimal, present, whole } from './text/values.ts';

/*
 * pidstat(1) of sysstat 10 to 12: https://man7.org/linux/man-pages/man1/pidstat.1.html
 *
 *   12:49:35      UID       PID   kB_rd/s   kB_wr/s kB_ccwr/s iodelay  Command
 *   12:49:36      100      9085      0.00    636.00      0.00       1  redis-server
 *   Average:      100      9085      0.00    636.00      0.00       1  redis-server
 *
 *   # Time        UID       PID    %usr %system  %guest   %wait    %CPU   CPU   cswch/s nvcswch/s  Command      (-h)
 *   12:49:35 PM   UID      TGID       TID   cswch/s nvcswch/s  Command                                          (-t)
 *   12:49:36 PM     0      9085         -      9.00      1.00  redis-server
 *   12:49:36 PM     0         -      9086      1.00      0.00  |__redis-server
 */

export type PidstatObservation = ProcessIoObservation | ProcessCpuObservation | ProcessSwitchesObservation;

export const pidstatProbe: Probe<PidstatObservation, ProbeRun> = {
  name: 'pidstat',
  summary: 'each process: disk bytes, CPU, context switches',
  debianPackage: 'sysstat',
  command: pidstatCommand,
  parse: parsePidstat,
};

/** Disk, CPU and switches, one report a second over the window. */
function pidstatCommand(run: ProbeRun): CommandSpec {
  const seconds = wholeSeconds(run.durationMs, 1);
  const only = run.pid === undefined ? [] : ['-p', String(run.pid)];
  return {
    file: 'pidstat',
    args: run.args ?? ['-d', '-u', '-w', ...only, '1', String(seconds)],
    timeoutMs: run.timeoutMs ?? seconds * 1000 + GRACE_MS,
    debianPackage: 'sysstat',
    privilege: "root or the process's own user",
  };
}

const BANNER = /^\S+ \S+ \(.*\)\s.*\bCPU\)\s*$/;
/** The first column: a clock of 24 or 12 hours, seconds since the epoch (-H, or -h of sysstat 11), or "Average:". */
const TIME = /^(?:(\d{1,2}:\d\d:\d\d(?:\s[AP]M)?)|(\d{9,11})|(\p{L}[\p{L}.]*\s?:))(?=\s|$)/u;

/** Reads what pidstat printed with -d, -u, -w, -t, -h, any number of reports. Never throws. */
export function parsePidstat(text: string): Parsed<PidstatObservation> {
  const items: PidstatObservation[] = [];
  const notes = new Notes();
  let titles: string[] | undefined;
  let processPid: number | undefined;
  let frame = 0;
  const headers = new Set<string>();
  for (const line of linesOf(text)) {
    if (notes.overlong(line)) continue;
    const header = headerOf(line.text);
    if (header) {
      titles = header;
      processPid = undefined;
      const signature = header.join(' ');
      if (headers.has(signature)) {
        frame += 1;
        headers.clear();
      }
      headers.add(signature);
      if (!isKnown(header)) notes.add(line, 'a report that is not read; use pidstat with -d, -u or -w');
      continue;
    }
    if (isDecoration(line.text) || BANNER.test(line.text)) continue;
    if (!titles) {
      notes.add(line, 'before any header of pidstat');
      continue;
    }
    if (!isKnown(titles)) continue;
    const row = cellsOf(line.text, titles);
    if (typeof row === 'string') {
      notes.add(line, row);
      continue;
    }
    const shown = row.cells.get('TGID') ?? row.cells.get('PID');
    // With -t a thread's row has "-" in place of its process, which stands in a row before.
    if (shown !== '-') processPid = whole(shown);
    if (processPid === undefined) notes.add(line, 'no process id');
    else items.push(...observations(line, row, processPid, frame));
  }
  return { items, problems: notes.done() };
}

/** The titles after the time column, or undefined when the line is no header. */
function headerOf(text: string): string[] | undefined {
  const words = text
    .replace(/^#\s*(?:Time\b)?/, '')
    .replace(TIME, '')
    .trim()
    .split(/\s+/);
  const isHeader = words.at(-1) === 'Command' && (words.includes('PID') || words.includes('TGID'));
  return isHeader ? words : undefined;
}

const hasIo = (titles: readonly string[]) => titles.includes('kB_wr/s');
const hasCpu = (titles: readonly string[]) => titles.includes('%CPU');
const hasSwitches = (titles: readonly string[]) => titles.includes('cswch/s');
const isKnown = (titles: readonly string[]) => hasIo(titles) || hasCpu(titles) || hasSwitches(titles);

interface Row {
  readonly clock: string | undefined;
  readonly average: boolean;
  readonly cells: Map<string, string>;
}

function cellsOf(text: string, titles: readonly string[]): Row | string {
  const trimmed = text.trim();
  const time = TIME.exec(trimmed);
  if (!time) return 'no time in the first column';
  const rest = trimmed.slice(time[0].length).trim();
  const words = rest.split(/\s+/);
  if (words.length < titles.length) return `${words.length} values under ${titles.length} titles`;
  const cells = new Map<string, string>();
  const last = titles.length - 1;
  for (let at = 0; at < last; at += 1) {
    const [title, word] = [titles[at]!, words[at]!];
    if (
      /^(?:%|kB_|n?v?cswch|PID|TGID|TID|iodelay)/.test(title) &&
      word !== '-' &&
      decimal(word) === undefined
    ) {
      return `"${word}" under ${title} is no number`;
    }
    cells.set(title, word);
  }
  // The command comes last and may hold spaces: skip the other values, keep the rest as it is.
  const command =
    new RegExp(`^(?:\\S+\\s+){${last}}(.*)$`, 's').exec(rest)?.[1] ?? words.slice(last).join(' ');
  cells.set('Command', command.replace(/^\|__/, '').replace(/^\([^)]*\)__/, ''));
  return { clock: time[1] ?? time[2], average: time[3] !== undefined, cells };
}

function observations(
  line: Line,
  { clock, average, cells }: Row,
  pid: number,
  frame: number,
): PidstatObservation[] {
  const found: PidstatObservation[] = [];
  const tid = whole(cells.get('TID'));
  const who = {
    line: line.number,
    text: line.raw,
    pid,
    ...present({ clock, tid, user: cells.get('UID') ?? cells.get('USER'), command: cells.get('Command') }),
    // An average belongs to no report.
    ...(average ? { average: true as const } : { frame }),
  };
  const titles = [...cells.keys()];
  const value = (title: string) => amount(cells.get(title));
  if (hasIo(titles)) {
    const io = {
      readKibPerSec: value('kB_rd/s'),
      writeKibPerSec: value('kB_wr/s'),
      cancelledKibPerSec: value('kB_ccwr/s'),
      ioDelayTicks: whole(cells.get('iodelay')),
    };
    found.push({ kind: 'process-io', ...who, ...present(io) });
  }
  if (hasCpu(titles)) {
    const cpu = {
      userPercent: value('%usr') ?? value('%user'),
      systemPercent: value('%system'),
      guestPercent: value('%guest'),
      waitPercent: value('%wait'),
      cpuPercent: value('%CPU'),
      cpu: whole(cells.get('CPU')),
    };
    found.push({ kind: 'process-cpu', ...who, ...present(cpu) });
  }
  if (hasSwitches(titles)) {
    const switches = { voluntaryPerSec: value('cswch/s'), involuntaryPerSec: value('nvcswch/s') };
    found.push({ kind: 'process-switches', ...who, ...present(switches) });
  }
  return found;
}
