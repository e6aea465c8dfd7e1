import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandSpec } from '../core/capture.ts';
import { runLocal } from '../runners/local.ts';
import { type DiskFolder, dropFolder, listDisks, pathsOf } from './disk-manifest.ts';
import { isMounted, loopDevicesOn } from './mounts.ts';
import { isRunning } from './owner.ts';
import { endProcess, holdersOf, processesOf } from './processes.ts';
import { dropEmptyFolders } from './state.ts';

/** What a disk stands on while it runs, and what may still be under way when its creator was killed. */
export const SERVERS = ['nbdfuse', 'node', basename(process.execPath)];
const STEPS = ['mkfs.ext4', 'mke2fs', 'losetup', 'mount'];
/** Unmounting writes back what is dirty, slowly: that is the point of this disk. */
const UMOUNT_MS = 60_000;
/** A server that was just told to end may need this long to let go of its files. */
const BUSY_MS = 2000;

export interface Destroyed {
  readonly name: string;
  /** Things a person should know, for example who still used the disk. Normally empty. */
  readonly notes: readonly string[];
  /** What could not be removed; normally empty. */
  readonly left: readonly string[];
}

/**
 * Takes a disk down from whatever state it is in: half made, in use, or already half gone. Safe to run twice at once.
 * Never throws for what it finds; `left` names what is still there.
 */
export async function destroyDisk(root: string, { folder, manifest }: DiskFolder): Promise<Destroyed> {
  const { mountPoint, fuseFolder, served } = pathsOf(folder);
  const { name, image } = manifest;
  const notes: string[] = [];
  const paths = [served, image, mountPoint];
  for (const step of processesOf(STEPS, paths)) await endProcess(step);
  if (isMounted(mountPoint)) notes.push(...(await unmount(mountPoint)));
  for (const device of loopDevicesOn(served)) await runLocal(spec('losetup', ['--detach', device]));
  for (const server of processesOf(SERVERS, paths)) await endProcess(server);
  // nbdfuse unmounts its folder itself when it is asked to end, but not when it was killed.
  if (isMounted(fuseFolder)) await runLocal(spec('umount', ['--lazy', fuseFolder]));
  await rm(image, { force: true });
  const left = await leftovers({ folder, manifest }, notes.length > 0);
  if (left.length === 0) await dropFolder(folder).catch((error) => left.push(`${folder} (${error.code})`));
  await dropEmptyFolders(root, join(root, 'disks'));
  return { name, notes, left };
}

/** Takes down every disk whose owner is gone and that was not finished, or was to end with its owner. */
export async function destroyStaleDisks(root: string): Promise<Destroyed[]> {
  const results: Destroyed[] = [];
  for (const disk of await listDisks(root)) {
    if (isStale(disk)) results.push(await destroyDisk(root, disk));
  }
  return results;
}

export function isStale({ manifest }: DiskFolder): boolean {
  return (manifest.bound || manifest.ready === undefined) && !isRunning(manifest.owner);
}

/** Whether a running process other than `pid` makes the disk or has bound it to itself. */
export function isInOthersHands({ manifest }: DiskFolder, pid = process.pid): boolean {
  if (manifest.owner.pid === pid) return false;
  return (manifest.bound || manifest.ready === undefined) && isRunning(manifest.owner);
}

/** @returns a note when somebody uses what is mounted there, so that it goes only when they let go of it */
async function unmount(mountPoint: string): Promise<string[]> {
  const until = performance.now() + BUSY_MS;
  let said = '';
  while (isMounted(mountPoint)) {
    const outcome = await runLocal(spec('umount', [mountPoint], UMOUNT_MS));
    if (outcome.status === 'captured') continue; // something may be mounted below it
    said = outcome.reason ?? '';
    if (performance.now() > until) break;
    await sleep(100);
  }
  if (!isMounted(mountPoint)) return [];
  const holders = holdersOf(mountPoint);
  const outcome = await runLocal(spec('umount', ['--lazy', mountPoint]));
  if (outcome.status !== 'captured') return [`${mountPoint} cannot be unmounted: ${said}`];
  const who = holders.length > 0 ? holders.join(', ') : 'something outside of this mount namespace';
  return [
    `${mountPoint} is still used by ${who}; it was unmounted all the same, and its loop device goes with them`,
  ];
}

/** @param held the file system is still in use: then the loop device stays until its users end, which was noted */
async function leftovers({ folder, manifest }: DiskFolder, held: boolean): Promise<string[]> {
  const { mountPoint, fuseFolder, served } = pathsOf(folder);
  // A loop device is let go of by the kernel a moment after it was asked to.
  for (let tries = 0; !held && tries < 100 && loopDevicesOn(served).length > 0; tries++) await sleep(20);
  const loops = held ? [] : loopDevicesOn(served);
  const servers = processesOf(SERVERS, [served, manifest.image]);
  return [
    ...[mountPoint, fuseFolder].filter((path) => isMounted(path)).map((path) => `the mount ${path}`),
    ...loops.map((device) => `the loop device ${device}`),
    ...servers.map(({ pid }) => `the process ${pid}`),
  ];
}

function spec(file: string, args: readonly string[], timeoutMs = 10_000): CommandSpec {
  return { file, args, timeoutMs, privilege: 'root' };
}
