import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { measureFsync } from '../lab/fsync-time.ts';
import { formatOwner, isRunning, ourselves, parseOwner } from '../lab/owner.ts';
import { createSlowDisk } from '../lab/slow-disk.ts';
import { slowDiskSupport } from '../lab/slow-disk-support.ts';
import type { Undo } from './undo.ts';

/** "auto": a slow disk where this machine can make one; "hdd": that or an error; "none": the disk there is. */
export const DISKS = ['auto', 'hdd', 'none'] as const;
export type DiskChoice = (typeof DISKS)[number];

/** Where the server keeps its data. */
export interface StageDisk {
  readonly folder: string;
  /** "loop0, made slow for this lab", or why it is the disk there is. */
  readonly description: string;
  /** Median sync of an appended record there, in milliseconds; absent when it could not be measured. */
  readonly fsyncMs?: number;
  /** Set when a slow disk was wished for and is not there: why, in words without a full stop. */
  readonly different?: string;
}

export interface DiskRequest {
  readonly disk: DiskChoice;
  /** Wished sync time, in milliseconds; absent: the disk there is will do. */
  readonly fsyncMs?: number;
  /** An existing folder; then no disk is made. */
  readonly folder?: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

const PREFIX = 'perfcase-replay-';

/** @throws UserError where "hdd" cannot be had, and for a folder that cannot be written to */
export async function prepareDisk(
  { disk, fsyncMs, folder: parent = tmpdir(), signal, progress }: DiskRequest,
  undo: Undo,
): Promise<StageDisk> {
  await removeStale();
  const support = slowDiskSupport();
  if (disk === 'hdd' && !support.ok) throw new UserError(`--disk hdd: ${support.reason}.`, EXIT.inconclusive);
  if (disk !== 'none' && fsyncMs !== undefined && parent === tmpdir() && support.ok) {
    progress('making a slow disk, and measuring it');
    const slow = await createSlowDisk({ fsyncMs, signal });
    undo.push(() => slow.destroy());
    const folder = join(slow.mountPoint, 'data');
    await mkdir(folder);
    return { folder, description: `${slow.device}, made slow for this lab`, fsyncMs: slow.fsyncP50Ms };
  }
  const folder = join(parent, `${PREFIX}${formatOwner(ourselves())}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code ?? error.message;
    throw new UserError(`no data can be put below ${parent} (${why}); --folder takes one you may write to.`);
  });
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const measured = await syncTime(folder, signal);
  return {
    folder,
    description: `the one under ${parent}`,
    ...(measured === undefined ? {} : { fsyncMs: measured }),
    ...(support.ok || fsyncMs === undefined ? {} : { different: `no slow disk: ${support.reason}` }),
  };
}

async function syncTime(folder: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    return (await measureFsync(folder, { samples: 100, limitMs: 2000, signal })).p50Ms;
  } catch {
    return undefined;
  }
}

/** Folders of replays that were killed before they could clean up. */
async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? parseOwner(name.slice(PREFIX.length)) : undefined;
    if (owner && !isRunning(owner)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}
