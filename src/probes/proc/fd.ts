import type { Parsed } from '../../core/capture.ts';
import type { DescriptorObservation } from '../../core/observation.ts';
import { isDecoration, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/PID/fd: https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html
 * As readDescriptors() writes it, or as `ls -l /proc/PID/fd` prints it:
 *
 *   l-wx------ 7 -> /data/appendonly.aof
 *   lrwx------ 1 root root 64 Dec 23 14:20 8 -> socket:[15448709]
 *   lrwx------ 5 -> anon_inode:[eventpoll]
 */

const LINK = /^l([r-])([w-])[x-]\S*\s(?:[^>]*?\s)?(\d{1,10}) -> (.+)$/;

/** Descriptors of the process `pid`, which the text itself does not name. */
export function parseDescriptors(text: string, pid: number): Parsed<DescriptorObservation> {
  const items: DescriptorObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text) || /^total \d+$/.test(line.text)) continue;
    const match = LINK.exec(line.text);
    if (!match) {
      notes.add(line, 'no link of a descriptor');
      continue;
    }
    const access = accessOf(match[1] === 'r', match[2] === 'w');
    const target = readTarget(match[4]!);
    items.push({
      kind: 'descriptor',
      ...seen(line),
      pid,
      fd: Number(match[3]),
      ...present({ access }),
      ...target,
    });
  }
  return { items, problems: notes.done() };
}

function accessOf(reads: boolean, writes: boolean): DescriptorObservation['access'] | undefined {
  if (reads) return writes ? 'u' : 'r';
  return writes ? 'w' : undefined;
}

type Target = Pick<DescriptorObservation, 'name' | 'type' | 'inode' | 'deleted'>;

/** The types are lsof's words. Of a path the link does not tell whether it is a file, a directory or a device. */
function readTarget(text: string): Target {
  const [, object, inode] = /^(socket|pipe):\[(\d+)\]$/.exec(text) ?? [];
  if (object) return { name: text, type: object === 'socket' ? 'sock' : 'FIFO', inode: Number(inode) };
  if (text.startsWith('anon_inode:')) return { name: text.slice('anon_inode:'.length), type: 'a_inode' };
  const deleted = text.endsWith(' (deleted)');
  return deleted ? { name: text.slice(0, -' (deleted)'.length), deleted } : { name: text };
}
