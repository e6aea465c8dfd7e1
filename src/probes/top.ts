import type { CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type { CpuObservation, MemoryObservation, Observation } from '../core/observation.ts';
import { GRACE_MS, type ProbeRun } from './options.ts';
import { isDecoration, type Line, linesOf } from './text/lines.ts';
import { Notes } from './text/notes.ts';
import { decimal, present, whole } from './text/values.ts';
import { readTopRow, type TopColumns, topColumns } from './top-rows.ts';

/*
 * top(1) of procps 3.2 to 4, batch mode: https://man7.org/linux/man-pages/man1/top.1.html
 *
 *   top - 12:46:18 up 11 days,  8:49,  1 user,  load average: 1.36, 1.36, 1.04
 *   Tasks: 137 total,   1 running,  79 sleeping,   0 stopped,   0 zombie
 *   %Cpu0  :  6.0 us,  2.7 sy,  0.0 ni,  5.7 id, 84.7 wa,  0.0 hi,  1.0 si,  0.0 st
 *   KiB Mem :  8169300 total,  7342244 free,   432912 used,   394144 buff/cache
 *   KiB Swap:        0 total,        0 free,        0 used.  7478748 avail Mem
 *     PID USER      PR  NI    VIRT    RES    SHR S  %CPU %MEM     TIME+ COMMAND
 *
 * procps 4 puts two of the summary's lines side by side where the width allows it; 3.2 writes "Cpu0  :  6.0%us"
 * and "Mem:   8169300k total". Decimal commas are read as well.
 */

export type TopObservation = Extract<
  Observation,
  { kind: 'cpu' | 'memory' | 'swap' | 'load' | 'tasks' | 'process' }
>;

export interface TopRun extends ProbeRun {
  /** One line a CPU. Needs procps 3.3.15; older ones refuse the flag, see `refusesPerCpu`. */
  readonly perCpu?: boolean;
}

export const topProbe: Probe<TopObservation, TopRun> = {
  name: 'top',
  summary: 'load, each CPU, memory, and the processes that use them',
  debianPackage: 'procps',
  command: topCommand,
  parse: parseTop,
};

/**
 * Two frames, of which the last covers the window: top's first frame has CPU averages since boot.
 * `-w 512` keeps command names whole; the user's own toprc is kept out, since it may hide columns.
 */
function topCommand(run: TopRun): CommandSpec {
  const windowMs = run.durationMs ?? 1000;
  const seconds = (Math.max(windowMs, 100) / 1000).toFixed(1);
  const flags = ['-b', '-w', '512', '-n', '2', '-d', seconds];
  if (run.perCpu ?? true) flags.push('-1');
  if (run.pid !== undefined) flags.push('-p', String(run.pid));
  return {
    file: 'top',
    args: run.args ?? flags,
    timeoutMs: run.timeoutMs ?? windowMs + GRACE_MS,
    debianPackage: 'procps',
    ...(run.args ? {} : { env: { HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent' } }),
  };
}

/** Did top end because it is too old for one line a CPU? Then it runs with `perCpu: false`. */
export function refusesPerCpu(stderr: string): boolean {
  return /(?:unknown|invalid|inappropriate) (?:option|argument)?[^\n]*\b1\b/i.test(stderr);
}

const CPU = /(?:^|\s)%?Cpu(?:\(s\)|\s*(\d+))\s*:/g;
// The repetitions have limits: a line of nothing but digits or blanks must not take quadratic time.
const SHARE = /(?<!\d)(\d{1,9}(?:[.,]\d{1,9})?)\s{0,4}%?\s{0,4}(us|sy|ni|id|wa|hi|si|st)\b/g;
const SHARE_FIELDS = {
  us: 'userPercent',
  sy: 'systemPercent',
  ni: 'nicePercent',
  id: 'idlePercent',
  wa: 'iowaitPercent',
  hi: 'irqPercent',
  si: 'softirqPercent',
  st: 'stealPercent',
} as const;

/** Reads what `top -b` printed, any number of frames. Never throws. */
export function parseTop(text: string): Parsed<TopObservation> {
  const items: TopObservation[] = [];
  const notes = new Notes();
  let columns: TopColumns | undefined;
  let frame = 0;
  let summarySeen = false;
  for (const line of linesOf(text)) {
    if (notes.overlong(line)) continue;
    const found: TopObservation[] | string | undefined = readSummary(line, () => {
      if (summarySeen || columns) frame += 1;
      summarySeen = true;
      columns = undefined;
    });
    if (typeof found === 'string') notes.add(line, found);
    else if (found) items.push(...found.map((item) => ({ ...item, frame })));
    else if (isDecoration(line.text)) continue;
    else {
      const header = topColumns(line.text);
      if (header) columns = header;
      else if (!columns) notes.add(line, 'neither a summary line of top nor a row under its header');
      else {
        const row = readTopRow(line, columns);
        if (typeof row === 'string') notes.add(line, row);
        else items.push({ ...row, frame });
      }
    }
  }
  return { items, problems: notes.done() };
}

/** A line of the summary area; a reason when it is one but cannot be read; undefined when it is something else. */
function readSummary(line: Line, newFrame: () => void): TopObservation[] | string | undefined {
  const { text } = line;
  const load = /\bload average:\s*(\d+[.,]\d+),\s*(\d+[.,]\d+),\s*(\d+[.,]\d+)/.exec(text);
  if (load || /^top - /.test(text)) {
    newFrame();
    if (!load) return 'the first line of a frame, without load averages';
    const clock = /^top - (\d{1,2}:\d\d:\d\d)/.exec(text)?.[1];
    const [load1, load5, load15] = [decimal(load[1])!, decimal(load[2])!, decimal(load[3])!];
    return [{ kind: 'load', ...seen(line), ...present({ clock }), load1, load5, load15 }];
  }
  if (/^(?:Tasks|Threads):/.test(text)) return readTasks(line);
  const parts = [...text.matchAll(CPU)];
  if (parts.length > 0) return readCpus(line, parts);
  if (/^\s*(?:[KMGTPE]iB )?(?:Mem|Swap)\s*:/.test(text)) return readMemory(line);
  return undefined;
}

function seen(line: Line): { line: number; text: string } {
  return { line: line.number, text: line.raw };
}

function readTasks(line: Line): TopObservation[] | string {
  const count = (label: string) =>
    whole(new RegExp(`(?<!\\d)(\\d{1,16})\\s{1,16}${label}`).exec(line.text)?.[1]);
  const counts = present({
    total: count('total'),
    running: count('running'),
    sleeping: count('sleeping'),
    stopped: count('stopped'),
    zombie: count('zombie'),
  });
  return counts.total === undefined ? 'no task counts' : [{ kind: 'tasks', ...seen(line), ...counts }];
}

function readCpus(line: Line, parts: readonly RegExpMatchArray[]): TopObservation[] | string {
  const found: CpuObservation[] = [];
  for (const [at, part] of parts.entries()) {
    const rest = line.text.slice(part.index! + part[0].length, parts[at + 1]?.index);
    const shares: Partial<Record<(typeof SHARE_FIELDS)[keyof typeof SHARE_FIELDS], number>> = {};
    for (const [, value, label] of rest.matchAll(SHARE)) {
      shares[SHARE_FIELDS[label as keyof typeof SHARE_FIELDS]] = decimal(value)!;
    }
    if (Object.keys(shares).length === 0) {
      return /\d\s*\[/.test(rest)
        ? 'CPU states drawn as a graph; press t in top for numbers'
        : 'no CPU states';
    }
    found.push({ kind: 'cpu', ...seen(line), cpu: part[1] ?? 'all', ...shares });
  }
  return found;
}

const KIB_PER: Record<string, number> = {
  K: 1,
  M: 1024,
  G: 1024 ** 2,
  T: 1024 ** 3,
  P: 1024 ** 4,
  E: 1024 ** 5,
};

function readMemory(line: Line): TopObservation[] | string {
  const parts = [...line.text.matchAll(/(?:([KMGTPE])iB )?(Mem|Swap)\s*:/g)];
  const found: MemoryObservation[] = [];
  for (const [at, part] of parts.entries()) {
    const rest = line.text.slice(part.index! + part[0].length, parts[at + 1]?.index);
    const scale = KIB_PER[part[1] ?? 'K']!;
    const size = (label: string) => {
      const value = decimal(
        new RegExp(`(?<!\\d)(\\d{1,16}(?:[.,]\\d{1,9})?)\\+?k?\\s{1,16}${label}`).exec(rest)?.[1],
      );
      return value === undefined ? undefined : Math.round(value * scale);
    };
    const totalKib = size('total');
    if (totalKib === undefined) return 'no sizes; drawn as a graph? press m in top for numbers';
    const sizes = { totalKib, freeKib: size('free'), usedKib: size('used') };
    if (part[2] === 'Mem') {
      found.push({
        kind: 'memory',
        ...seen(line),
        ...present({ ...sizes, buffCacheKib: size('buff/cache') }),
      });
    } else {
      // top prints the memory that is available without swapping at the end of the swap line.
      found.push({ kind: 'swap', ...seen(line), ...present({ ...sizes, availableKib: size('avail Mem') }) });
    }
  }
  return found;
}
