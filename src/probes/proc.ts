import type { CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type { Observation } from '../core/observation.ts';
import { GRACE_MS, type ProbeRun } from './options.ts';
import { parseCgroup } from './proc/cgroup.ts';
import { parseCgroupFile } from './proc/cgroup-values.ts';
import { parseCpuTicks } from './proc/cpu.ts';
import { parseDiskstats } from './proc/diskstats.ts';
import { parseDescriptors } from './proc/fd.ts';
import { parseHugePages } from './proc/huge-pages.ts';
import { parseProcIo } from './proc/io.ts';
import { parseMeminfo } from './proc/meminfo.ts';
import { parseMountinfo } from './proc/mountinfo.ts';
import { parseNetCounters } from './proc/net-counters.ts';
import { parseTcp } from './proc/net-tcp.ts';
import { parseUnixSockets } from './proc/net-unix.ts';
import { PRESSURE_RESOURCES, parsePressure } from './proc/pressure.ts';
import { PROC_ROOT, readDescriptors, readProc } from './proc/read.ts';
import { parseProcStat } from './proc/stat.ts';
import { parseProcStatus } from './proc/status.ts';
import { parseUptime } from './proc/uptime.ts';
import { parseVmstat } from './proc/vmstat.ts';
import { isDecoration, linesOf } from './text/lines.ts';
import { Notes } from './text/notes.ts';

/*
 * Many files of /proc, and of /sys what belongs to them, in one text, in the form in which tail(1) prints several files:
 *
 *   ==> /proc/9085/io <==
 *   rchar: 323934931
 *   …
 *
 *   ==> /proc/pressure/io <==
 */

type Parse = (text: string, pid: number) => Parsed<Observation>;

const OF_PROCESS: Readonly<Record<string, Parse>> = {
  io: parseProcIo,
  stat: (text) => parseProcStat(text),
  status: parseProcStatus,
  fd: parseDescriptors,
  'net/tcp': parseTcp,
  'net/tcp6': parseTcp,
  'net/unix': parseUnixSockets,
  'net/snmp': parseNetCounters,
  'net/netstat': parseNetCounters,
  cgroup: parseCgroup,
  mountinfo: parseMountinfo,
};

const OF_MACHINE: Readonly<Record<string, Parse>> = {
  stat: parseCpuTicks,
  diskstats: parseDiskstats,
  meminfo: parseMeminfo,
  vmstat: parseVmstat,
  uptime: parseUptime,
  'net/tcp': parseTcp,
  'net/tcp6': parseTcp,
  'net/unix': parseUnixSockets,
  'net/snmp': (text) => parseNetCounters(text),
  'net/netstat': (text) => parseNetCounters(text),
  'pressure/cpu': (text) => parsePressure(text, 'cpu'),
  'pressure/memory': (text) => parsePressure(text, 'memory'),
  'pressure/io': (text) => parsePressure(text, 'io'),
};

export const procProbe: Probe<Observation, ProbeRun> = {
  name: 'proc',
  summary:
    "the kernel's own files: CPUs, disks, memory, pressure; of a process (--pid) its I/O, files, sockets",
  command: procCommand,
  parse: parseProc,
};

/** The files of the machine, then those of the process. */
export function procFiles(pid?: number): string[] {
  const machine = [
    'uptime',
    'stat',
    'diskstats',
    'meminfo',
    'vmstat',
    ...PRESSURE_RESOURCES.map((name) => `pressure/${name}`),
  ];
  if (pid === undefined) return [...machine, 'net/tcp', 'net/tcp6', 'net/unix', 'net/snmp', 'net/netstat'];
  return [...machine, ...Object.keys(OF_PROCESS).map((name) => `${pid}/${name}`)];
}

/** For another machine: descriptors are links, which tail does not show. Here captureProc reads them as well. */
function procCommand(run: ProbeRun): CommandSpec {
  const files = procFiles(run.pid).filter((name) => !name.endsWith('/fd'));
  return {
    file: 'tail',
    args: ['-v', '-n', '+1', '--', ...(run.args ?? files.map((name) => `${PROC_ROOT}/${name}`))],
    timeoutMs: run.timeoutMs ?? GRACE_MS,
    debianPackage: 'coreutils',
    privilege: "root or the process's own user",
  };
}

/**
 * Reads these files here, and keeps them in one text. What could not be read is listed with its reason.
 * @param files below /proc, or with a path of their own
 */
export function captureProc(files: readonly string[], root = PROC_ROOT): { text: string; reasons: string[] } {
  const parts: string[] = [];
  const reasons: string[] = [];
  for (const file of files) {
    const pid = /^(\d+)\/fd$/.exec(file)?.[1];
    const elsewhere = file.startsWith('/');
    const read =
      pid === undefined ? readProc(file, elsewhere ? '' : root) : readDescriptors(Number(pid), root);
    const name = elsewhere ? file : `${PROC_ROOT}/${file}`;
    if (read.status === 'captured') parts.push(`==> ${name} <==\n${read.text}`);
    else reasons.push(read.reason);
  }
  return { text: parts.join('\n'), reasons };
}

const SECTION = /^==> (.*) <==$/;
const FILE = /^(?:.*\/)?proc\/(?:(\d+|self|thread-self)\/(?:task\/\d+\/)?)?(.*)$/;

/** Reads such a text. Files that nobody here reads are passed over. Never throws. */
export function parseProc(text: string): Parsed<Observation> {
  const items: Observation[] = [];
  const notes = new Notes();
  let section: { name: string; firstLine: number; raw: string[] } | undefined;
  const finish = () => {
    const found = section && parseSection(section.name, section.raw.join('\n'));
    if (!section || !found) return;
    const offset = section.firstLine - 1;
    for (const item of found.items) items.push({ ...item, line: item.line + offset });
    for (const { line, text: raw, reason } of found.problems)
      notes.add({ number: line + offset, raw }, reason);
  };
  for (const line of linesOf(text)) {
    const name = SECTION.exec(line.text)?.[1];
    if (name !== undefined) {
      finish();
      section = { name, firstLine: line.number + 1, raw: [] };
    } else if (section) section.raw.push(line.raw);
    else if (!isDecoration(line.text)) notes.add(line, 'before any "==> /proc/… <==" that names its file');
  }
  finish();
  return { items, problems: notes.done() };
}

const HUGE_PAGES = '/sys/kernel/mm/transparent_hugepage/enabled';

function parseSection(name: string, text: string): Parsed<Observation> | undefined {
  if (name === HUGE_PAGES) return parseHugePages(text);
  if (name.startsWith('/sys/')) return parseCgroupFile(name, text);
  const [, pid, file] = FILE.exec(name) ?? [];
  if (file === undefined) return undefined;
  // Without a number the text does not tell whose descriptors these are.
  if (file === 'fd' && !/^\d+$/.test(pid ?? '')) return undefined;
  const table = pid === undefined ? OF_MACHINE : OF_PROCESS;
  return Object.hasOwn(table, file) ? table[file]!(text, Number(pid)) : undefined;
}
