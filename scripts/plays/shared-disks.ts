import { createSlowDisk, type SlowDisk } from '../../src/lab/slow-disk.ts';
import { slowDiskSupport } from '../../src/lab/slow-disk-support.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

/** One slow disk for all plays with the same wish: making one takes longer than a play. */
export class SharedDisks {
  private readonly disks = new Map<number, SlowDisk>();

  constructor(private readonly signal: AbortSignal) {}

  /** Undefined for a scenario that takes the disk there is. */
  async folderFor({ fsyncMs }: Scenario): Promise<string | undefined> {
    if (fsyncMs === undefined) return undefined;
    const support = slowDiskSupport();
    if (!support.ok) throw new Error(support.reason);
    const name = `plays-${process.pid}-${this.disks.size}`;
    const disk = this.disks.get(fsyncMs) ?? (await createSlowDisk({ fsyncMs, name, signal: this.signal }));
    this.disks.set(fsyncMs, disk);
    return disk.mountPoint;
  }

  async close(): Promise<void> {
    for (const disk of this.disks.values()) await disk.destroy();
  }
}
