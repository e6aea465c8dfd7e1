import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from '../core/units.ts';

/** What a synchronous append costs in a folder. */
export interface FsyncTime {
  /** What the disk needs when no other process is in the way: steady also on a machine that has other work. */
  readonly p10Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly samples: number;
}

/** About what an append-only file gets for one SADD of a 36-byte member, as in the case. */
const RECORD = Buffer.from(`*3\r\n$4\r\nSADD\r\n$4\r\ngood\r\n$36\r\n${'x'.repeat(36)}\r\n`);
/** The first sync of a new file also writes its inode and its folder. */
const WARM_UP = 3;

/**
 * Appends a record and calls fdatasync, again and again, and times the syncs.
 * Ends after `samples` (at least one is taken) or `limitMs`.
 * @throws when the folder cannot be written, or when `signal` aborts
 */
export async function measureFsync(
  folder: string,
  options: { readonly samples: number; readonly limitMs: number; readonly signal?: AbortSignal },
): Promise<FsyncTime> {
  const path = join(folder, `.perfcase-fsync-${process.pid}`);
  // One of ours may be left on a disk that was taken away before its last writes had reached it.
  await rm(path, { force: true });
  const file = await open(path, 'ax', 0o600);
  const times: number[] = [];
  try {
    const until = performance.now() + options.limitMs;
    for (let n = -WARM_UP; n < options.samples; n++) {
      options.signal?.throwIfAborted();
      if (times.length > 0 && performance.now() > until) break;
      await file.write(RECORD);
      const before = performance.now();
      await file.datasync();
      if (n >= 0) times.push(performance.now() - before);
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
  return {
    p10Ms: quantile(times, 0.1)!,
    p50Ms: quantile(times, 0.5)!,
    p99Ms: quantile(times, 0.99)!,
    samples: times.length,
  };
}
