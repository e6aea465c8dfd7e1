import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import type { FsyncTime } from './fsync-time.ts';
import { formatOwner, isRunning, type Owner, ourselves, parseOwner } from './owner.ts';
import { dropEmptyFolders, makeStateFolder } from './state.ts';

/**
 * What is known of a slow disk, written before each step of its creation, so that any later perfcase can take it down
 * from whatever point. Nothing in it has to be believed: processes, mounts and loop devices are found by their paths.
 */
export interface DiskManifest {
  readonly schema: 'perfcase.disk/1';
  readonly name: string;
  /** The file that holds the data, outside of the disk's folder. */
  readonly image: string;
  readonly sizeMiB: number;
  readonly wishMs: number;
  /** The process that creates the disk; while it runs nobody else takes the disk down. */
  readonly owner: Owner;
  /** The disk ends with its owner, as in a replay; otherwise it stays until it is destroyed. */
  readonly bound: boolean;
  /** Set when the disk can be used. */
  readonly ready?: {
    readonly loopDevice: string;
    readonly delayMs: number;
    readonly fsync: FsyncTime;
  };
}

export interface DiskFolder {
  /** All of a disk stands in here, except its image. */
  readonly folder: string;
  readonly manifest: DiskManifest;
}

/** Paths inside a disk's folder. They are unique, so whatever uses them is the disk's. */
export function pathsOf(folder: string) {
  return {
    mountPoint: join(folder, 'mnt'),
    fuseFolder: join(folder, 'fuse'),
    /** The served image, as a file: the loop device stands on it. */
    served: join(folder, 'fuse', 'disk'),
    /** How late each write is; read by the server, see serve-image.ts. */
    delayFile: join(folder, 'delay'),
    pidFile: join(folder, 'nbdfuse.pid'),
    log: join(folder, 'nbdfuse.log'),
    manifest: join(folder, 'manifest.json'),
  };
}

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/i;
const IMAGE = /^perfcase-disk-[a-z0-9-]+\.img$/i;

export function checkDiskName(name: string): string {
  if (!NAME.test(name))
    throw new UserError(`"${name}" cannot name a disk; use letters, digits and -, 32 at most.`);
  return name;
}

/**
 * Puts a folder with its manifest in place in one step, so that no folder is ever without one.
 * @throws UserError when there is a disk of this name
 */
export async function claimFolder(root: string, manifest: DiskManifest): Promise<string> {
  const disks = await makeStateFolder(root, 'disks');
  const fresh = join(disks, `.new-${formatOwner(ourselves())}-${manifest.name}`);
  await mkdir(fresh, { mode: 0o755 });
  await writeFile(pathsOf(fresh).manifest, JSON.stringify(manifest));
  try {
    await rename(fresh, join(disks, manifest.name));
  } catch {
    await rm(fresh, { recursive: true, force: true });
    throw new UserError(
      `there is a disk "${manifest.name}" already; remove it with "perfcase disk destroy ${manifest.name}".`,
    );
  }
  return join(disks, manifest.name);
}

export async function updateManifest(folder: string, manifest: DiskManifest): Promise<void> {
  const { manifest: path } = pathsOf(folder);
  await writeFile(`${path}.new`, JSON.stringify(manifest));
  await rename(`${path}.new`, path);
}

/** Every disk, ready or not. A folder that nobody can be making any more, and that says nothing, is removed. */
export async function listDisks(root: string): Promise<DiskFolder[]> {
  const disks = join(root, 'disks');
  const found: DiskFolder[] = [];
  for (const name of await readdir(disks).catch(() => [])) {
    const folder = join(disks, name);
    const manifest = name.startsWith('.') ? undefined : await readManifest(folder);
    if (manifest) found.push({ folder, manifest });
    else await dropAbandoned(folder);
  }
  await dropEmptyFolders(root, disks);
  return found;
}

/** Removes the disk's own files and then its folder; what is still mounted stays, with its folder. */
export async function dropFolder(folder: string): Promise<void> {
  const { mountPoint, fuseFolder, delayFile, pidFile, log, manifest } = pathsOf(folder);
  for (const path of [mountPoint, fuseFolder]) await rmdir(path).catch(ignoreMissing);
  for (const path of [delayFile, pidFile, log, `${manifest}.new`, manifest]) await rm(path, { force: true });
  await rmdir(folder).catch(ignoreMissing);
}

async function readManifest(folder: string): Promise<DiskManifest | undefined> {
  let manifest: DiskManifest;
  try {
    manifest = JSON.parse(await readFile(pathsOf(folder).manifest, 'utf8'));
  } catch {
    return undefined;
  }
  if (manifest.schema !== 'perfcase.disk/1' || !IMAGE.test(basename(manifest.image))) {
    throw new UserError(`${pathsOf(folder).manifest} is not of this version of perfcase.`, EXIT.failure);
  }
  return manifest;
}

/** ".new-PID-TICKS-NAME" of a process that was ended in between, or a folder whose removal was interrupted. */
async function dropAbandoned(folder: string): Promise<void> {
  const [, pid, ticks] = /^\.new-(\d+)-(\d+)-/.exec(basename(folder)) ?? [];
  const owner = parseOwner(`${pid}-${ticks}`);
  if (owner === undefined || !isRunning(owner)) await dropFolder(folder).catch(() => undefined);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
