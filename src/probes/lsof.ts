import type { CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type { DescriptorObservation } from '../core/observation.ts';
import { type LsofColumns, lsofColumns, readLsofRow } from './lsof-rows.ts';
import { GRACE_MS, type ProbeRun } from './options.ts';
import { isDecoration, linesOf } from './text/lines.ts';
import { Notes } from './text/notes.ts';

/*
 * lsof(8), 4.8x to 4.99: https://man7.org/linux/man-pages/man8/lsof.8.html
 *
 *   COMMAND    PID            USER   FD   TYPE   DEVICE SIZE/OFF NODE NAME
 *   redis-ser 9085 systemd-network    7w      REG    8,1  8830146  2838532 /data/appendonly.aof
 *   redis-ser 9085 systemd-network    8u     sock    0,9      0t0 15448709 protocol: TCP
 *   redis-ser 9085 systemd-network    8u  IPv4 15448709      0t0  TCP localhost:6379->localhost:32996 (ESTABLISHED)
 *
 * A socket of another network namespace is a "sock" whose NODE is its inode; seen from inside, the inode stands
 * under DEVICE. Rows are read by their header's places where they have one, else by the shape of their words.
 */

export const lsofProbe: Probe<DescriptorObservation, ProbeRun> = {
  name: 'lsof',
  summary: 'open files and sockets of a process (--pid), or every network socket',
  debianPackage: 'lsof',
  command: lsofCommand,
  parse: parseLsof,
};

/** Numbers instead of names (-nP): looking up names may take longer than the window. Whole command names (+c0). */
function lsofCommand(run: ProbeRun): CommandSpec {
  const what = run.pid === undefined ? ['-i'] : ['-p', String(run.pid)];
  return {
    file: 'lsof',
    args: run.args ?? ['-nP', '+c0', ...what],
    timeoutMs: run.timeoutMs ?? GRACE_MS,
    debianPackage: 'lsof',
    privilege: "root or the process's own user",
  };
}

/** Every network socket of the machine, or of a namespace when wrapped by `inNetns`. */
export function lsofSockets(timeoutMs = GRACE_MS): CommandSpec {
  return lsofCommand({ timeoutMs });
}

/** Reads what lsof printed, with or without its header. Never throws. */
export function parseLsof(text: string): Parsed<DescriptorObservation> {
  const items: DescriptorObservation[] = [];
  const notes = new Notes();
  let columns: LsofColumns | undefined;
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    if (/^lsof: |^\s*Output information may be incomplete/.test(line.text)) {
      notes.add(line, 'a warning of lsof');
      continue;
    }
    const header = lsofColumns(line.text);
    if (header) {
      columns = header;
      continue;
    }
    const row = readLsofRow(line, columns);
    if (typeof row === 'string') notes.add(line, row);
    else items.push(row);
  }
  return { items, problems: notes.done() };
}
