import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLocal } from '../runners/local.ts';
import { SERVERS } from './disk-destroy.ts';
import { listDisks } from './disk-manifest.ts';
import { loopDevicesBelow, mountsBelow } from './mounts.ts';
import { isRunning, parseOwner } from './owner.ts';
import { endProcess, processesBelow, processesOf } from './processes.ts';

/** "perfcase-disk-NAME-PID-TICKS.img", see slow-disk.ts. */
const IMAGE = /^perfcase-disk-.*-(\d+-\d+)\.img$/;

/**
 * Removes what no manifest tells of any more: somebody has deleted our state folder, or a restart of the machine did,
 * which keeps images in /tmp. @returns what was removed, one line each
 */
export async function destroyOrphans(root: string): Promise<string[]> {
  const disks = join(root, 'disks');
  const found = {
    // What was mounted last lies on what was mounted before it.
    mounts: mountsBelow(disks).reverse(),
    loops: loopDevicesBelow(disks),
    servers: processesBelow(SERVERS, disks),
  };
  // Asked afterwards: a disk that somebody makes meanwhile is known before anything of it is there.
  const known = (await listDisks(root)).map(({ folder }) => folder);
  const isOrphan = (path: string) => !known.some((folder) => path.startsWith(`${folder}/`));
  const removed: string[] = [];
  const run = (file: string, ...args: string[]) => runLocal({ file, args, timeoutMs: 10_000 });
  for (const path of found.mounts.filter(isOrphan)) {
    await run('umount', '--lazy', path);
    removed.push(`the mount ${path}`);
  }
  for (const { device, file } of found.loops) {
    if (!isOrphan(file)) continue;
    await run('losetup', '--detach', device);
    removed.push(`the loop device ${device}`);
  }
  for (const { path, ...server } of found.servers) {
    if (isOrphan(path) && (await endProcess(server))) removed.push(`the process ${server.pid}`);
  }
  removed.push(...(await destroyImages()));
  return removed;
}

/** Images that nobody makes or serves; whose state folder they belong to does not matter. */
async function destroyImages(): Promise<string[]> {
  const removed: string[] = [];
  for (const folder of new Set(['/dev/shm', tmpdir()])) {
    for (const name of await readdir(folder).catch(() => [])) {
      const owner = parseOwner(IMAGE.exec(name)?.[1] ?? '');
      const path = join(folder, name);
      if (!owner || isRunning(owner) || processesOf(SERVERS, [path]).length > 0) continue;
      await rm(path, { force: true });
      removed.push(`the image ${path}`);
    }
  }
  return removed;
}
