import { chmod, mkdir, open, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { formatMs } from '../core/units.ts';
import { type Destroyed, destroyDisk, destroyStaleDisks } from './disk-destroy.ts';
import { checkDiskName, claimFolder, type DiskManifest, pathsOf, updateManifest } from './disk-manifest.ts';
import { setDelay, startServing, step } from './disk-server.ts';
import { type FsyncTime, measureFsync } from './fsync-time.ts';
import { guardOurLab } from './guard.ts';
import { destroyOrphans } from './orphans.ts';
import { formatOwner, ourselves } from './owner.ts';
import { slowDiskSupport } from './slow-disk-support.ts';
import { stateDir } from './state.ts';

export interface SlowDiskOptions {
  /** How long fdatasync of an appended record shall take; the disk comes as near as it can. Default 8. */
  readonly fsyncMs?: number;
  /** Default 512. Only what is written takes memory or disk. */
  readonly sizeMiB?: number;
  /** Default: made from our pid. */
  readonly name?: string;
  /** The disk stays when this process ends. Otherwise it goes with it, even after SIGKILL. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
  /** Where disks keep their state; default /run/perfcase. */
  readonly stateDir?: string;
}

export interface SlowDisk {
  readonly name: string;
  /** Anybody may write there, as in /tmp. */
  readonly mountPoint: string;
  /** As iostat names it: "loop0". */
  readonly device: string;
  /** "/dev/loop0". */
  readonly loopDevice: string;
  /** What each write waits. */
  readonly delayMs: number;
  /** Measured after creation. */
  readonly fsyncP50Ms: number;
  readonly fsync: FsyncTime;
  destroy(): Promise<Destroyed>;
}

/** An append costs about so many writes one after the other, and the way there and back some tenths of a millisecond. */
const WRITES_PER_APPEND = 3.3;
const OVERHEAD_MS = 0.6;
/** Good enough: a disk is less even than this from run to run. */
const TOLERANCE = 0.05;
/** A median above this part of the wish tells of what else the machine did; then it is measured again. */
const CALM = 1.2;
const ROUNDS = 6;
const MOST_DELAY_MS = 1000;
/** Few inodes and a small journal, all written at once: nothing of it goes on in the background while we measure. */
const MKFS = ['-q', '-F', '-m', '0', '-N', '4096', '-J', 'size=8'];
const MKFS_NOW = ['-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard'];

/**
 * Makes a mounted disk whose synchronous writes really are slow: an ext4 image, served by perfcase with a delay on each
 * write, seen as a file through nbdfuse, on a loop device. The delay is chosen by measuring.
 * Everything is undone when a step fails or `signal` aborts.
 * @throws UserError where the machine cannot do it; the signal's reason when interrupted
 */
export async function createSlowDisk(options: SlowDiskOptions = {}): Promise<SlowDisk> {
  const support = slowDiskSupport();
  if (!support.ok) throw new UserError(`${support.reason}.`, EXIT.failure);
  const { fsyncMs = 8, sizeMiB = 512, signal, progress = () => undefined } = options;
  const root = options.stateDir ?? stateDir();
  const owner = ourselves();
  const name = checkDiskName(options.name ?? `disk-${formatOwner(owner)}`);
  await destroyStaleDisks(root);
  await destroyOrphans(root);
  const image = join(await imageFolder(sizeMiB), `perfcase-disk-${name}-${formatOwner(owner)}.img`);
  let manifest: DiskManifest = {
    schema: 'perfcase.disk/1',
    name,
    image,
    sizeMiB,
    wishMs: fsyncMs,
    owner,
    bound: !options.keep,
  };
  if (manifest.bound) guardOurLab(root);
  const folder = await claimFolder(root, manifest);
  try {
    progress(`making an ext4 file system of ${sizeMiB} MiB whose fdatasync takes ${formatMs(fsyncMs)}`);
    await makeFileSystem(folder, image, sizeMiB, signal);
    const ready = await calibrate(folder, image, fsyncMs, progress, signal);
    await chmod(pathsOf(folder).mountPoint, 0o1777);
    manifest = { ...manifest, ready };
    await updateManifest(folder, manifest);
    return {
      name,
      mountPoint: pathsOf(folder).mountPoint,
      device: ready.loopDevice.replace('/dev/', ''),
      loopDevice: ready.loopDevice,
      delayMs: ready.delayMs,
      fsyncP50Ms: ready.fsync.p50Ms,
      fsync: ready.fsync,
      destroy: () => destroyDisk(root, { folder, manifest }),
    };
  } catch (error) {
    await destroyDisk(root, { folder, manifest });
    throw error;
  }
}

/** In memory if there is plenty, so that only this disk is slow and no other disk is busy; else with temporary files. */
async function imageFolder(sizeMiB: number): Promise<string> {
  const needed = sizeMiB * 1024 * 1024;
  const shared = await statfs('/dev/shm').catch(() => undefined);
  // 0x01021994 is TMPFS_MAGIC of statfs(2).
  if (shared?.type === 0x01021994 && shared.bavail * shared.bsize > needed && freemem() > 2 * needed)
    return '/dev/shm';
  const disk = await statfs(tmpdir());
  if (disk.bavail * disk.bsize > needed) return tmpdir();
  throw new UserError(`neither /dev/shm nor ${tmpdir()} has ${sizeMiB} MiB free for the disk.`, EXIT.failure);
}

async function makeFileSystem(
  folder: string,
  image: string,
  sizeMiB: number,
  signal?: AbortSignal,
): Promise<void> {
  const { mountPoint, fuseFolder } = pathsOf(folder);
  await mkdir(mountPoint);
  await mkdir(fuseFolder);
  const file = await open(image, 'wx', 0o600);
  try {
    await file.truncate(sizeMiB * 1024 * 1024);
  } finally {
    await file.close();
  }
  await step('mkfs.ext4', [...MKFS, ...MKFS_NOW, image], signal);
}

/** Serves, measures, and corrects the delay until the sync time is near the wish. Of several readings the calmest counts. */
async function calibrate(
  folder: string,
  image: string,
  wishMs: number,
  progress: (line: string) => void,
  signal?: AbortSignal,
): Promise<NonNullable<DiskManifest['ready']>> {
  const limits = { samples: 50, limitMs: Math.max(1500, 6 * wishMs), ...(signal ? { signal } : {}) };
  let delayMs = within((wishMs - OVERHEAD_MS) / WRITES_PER_APPEND);
  await setDelay(folder, delayMs);
  const loopDevice = await startServing({ folder, image }, signal);
  let calmest: FsyncTime | undefined;
  let nearest: { readonly delayMs: number; readonly fsync: FsyncTime } | undefined;
  const missOf = ({ p10Ms }: FsyncTime) => wishMs - p10Ms;
  for (let round = 1; ; round++) {
    const fsync = await measureFsync(pathsOf(folder).mountPoint, limits);
    progress(`writes delayed by ${formatMs(delayMs)}: fdatasync takes ${formatMs(fsync.p50Ms)}`);
    if (!calmest || fsync.p50Ms < calmest.p50Ms) calmest = fsync;
    // Not the median: what else the machine does now would be taken for the disk's own, and be missing later.
    const missMs = missOf(calmest);
    const next = within(delayMs + missMs / WRITES_PER_APPEND);
    const isRight = Math.abs(missMs) <= TOLERANCE * wishMs || next === delayMs;
    if (isRight && calmest.p50Ms <= CALM * wishMs) return { loopDevice, delayMs, fsync: calmest };
    if (!nearest || Math.abs(missMs) < Math.abs(missOf(nearest.fsync))) nearest = { delayMs, fsync: calmest };
    if (round === ROUNDS) {
      await setDelay(folder, nearest.delayMs);
      return { loopDevice, ...nearest };
    }
    if (isRight) continue;
    calmest = undefined;
    delayMs = next;
    await setDelay(folder, delayMs);
  }
}

function within(delayMs: number): number {
  return Math.min(MOST_DELAY_MS, Math.max(0, Math.round(delayMs * 1000) / 1000));
}
