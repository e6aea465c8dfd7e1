import type { DescriptorObservation } from '../core/observation.ts';
import { type DescriptorSighting, type DiskSighting, type Facts, seen, settled } from './facts.ts';

/** The disk that the target's data lies on. */
export interface TargetDisk {
  /** The kernel's name: "sda1", "loop0". */
  readonly name: string;
  /** "8:1" */
  readonly number: string;
  /** A file of the target there, the one that it syncs if it syncs any. */
  readonly file: DescriptorSighting;
  /** What iostat printed of it: of the whole disk where it lists no partitions. */
  readonly rows: readonly DiskSighting[];
}

/**
 * By the device number of a file that the target writes, and the kernel's name for it. A file whose device is no disk
 * (an overlay, a network) leads nowhere.
 */
export function targetDisk(facts: Facts): TargetDisk | undefined {
  for (const file of writtenFiles(facts)) {
    const number = numberOf(file.item)!;
    const name = seen(facts, 'disk-counters').find(({ item }) => item.number === number)?.item.device;
    if (name === undefined) continue;
    const rows = settled(seen(facts, 'disk'));
    const exact = rows.filter(({ item }) => item.device === name);
    // iostat lists whole disks: sda for sda1, nvme0n1 for nvme0n1p2.
    const whole = rows.filter(({ item }) => name.replace(/p?\d+$/, '') === item.device);
    return { name, number, file, rows: exact.length > 0 ? exact : whole };
  }
  return undefined;
}

/** "8:1" of lsof's "8,1". */
export function numberOf({ device }: DescriptorObservation): string | undefined {
  return device?.replace(',', ':');
}

/** Files with a device number: first those that it syncs, then those that it has open to write. */
function writtenFiles(facts: Facts): DescriptorSighting[] {
  const pid = facts.target.pid ?? facts.trace?.target;
  const files = seen(facts, 'descriptor').filter(
    ({ item }) => item.pid === pid && item.device !== undefined && item.type === 'REG',
  );
  const synced = new Set(facts.trace?.syncs.map(({ channel }) => channel.fd));
  return [
    ...files.filter(({ item }) => typeof item.fd === 'number' && synced.has(item.fd)),
    ...files.filter(({ item }) => item.access === 'w' || item.access === 'u'),
  ];
}

/** The report in the middle, by queue: one burst of a second says nothing of the window. */
export function typical(rows: readonly DiskSighting[]): DiskSighting | undefined {
  const sorted = [...rows].sort((a, b) => (a.item.queueSize ?? 0) - (b.item.queueSize ?? 0));
  return sorted[Math.floor(sorted.length / 2)];
}
