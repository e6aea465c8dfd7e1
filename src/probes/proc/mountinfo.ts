import type { Parsed } from '../../core/capture.ts';
import type { MountObservation } from '../../core/observation.ts';
import { isDecoration, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { seen } from './key-values.ts';

/*
 * /proc/PID/mountinfo: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 *
 *   36 35 8:1 /data /data rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue
 *
 * Between the options and the "-" stand any number of optional fields. Blanks in paths are written as \040.
 */

const ROW = /^\d+ \d+ (\d+:\d+) (\S+) (\S+) (\S+)(?: \S+)*? - (\S+) (\S*) ?(.*)$/;

export function parseMountinfo(text: string): Parsed<MountObservation> {
  const items: MountObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const match = ROW.exec(line.text);
    if (!match) {
      notes.add(line, 'no line of a mount');
      continue;
    }
    const [, device, root, mountPoint, options, fsType, source, superOptions] = match;
    items.push({
      kind: 'mount',
      ...seen(line),
      device: device!,
      root: plain(root!),
      mountPoint: plain(mountPoint!),
      fsType: fsType!,
      source: plain(source!),
      options: options!.split(','),
      superOptions: superOptions === '' ? [] : superOptions!.split(',').map(plain),
    });
  }
  return { items, problems: notes.done() };
}

/**
 * The mount that holds a path as the process sees it: the longest mount point above it, and of equal ones the last,
 * which was mounted over the others.
 */
export function mountOf(path: string, mounts: readonly MountObservation[]): MountObservation | undefined {
  let best: MountObservation | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const inside =
      mountPoint === '/' ? path.startsWith('/') : path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (inside && mountPoint.length >= (best?.mountPoint.length ?? 0)) best = mount;
  }
  return best;
}

function plain(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
