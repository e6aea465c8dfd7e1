import { setTimeout as sleep } from 'node:timers/promises';
import { destroyContainersWhere, destroyStaleContainers } from './container-folders.ts';
import { type Destroyed, destroyDisk, destroyStaleDisks } from './disk-destroy.ts';
import { listDisks } from './disk-manifest.ts';
import { removeCgroups } from './faults/cgroup.ts';
import { removeSwapFiles } from './faults/memory-limit.ts';
import { destroyNetnsWhere, destroyStaleNetns } from './netns.ts';
import { destroyOrphans } from './orphans.ts';
import { isRunning, type Owner } from './owner.ts';

export interface Leftovers {
  /** Stages whose containers were removed. */
  readonly containers: readonly string[];
  readonly namespaces: readonly string[];
  readonly disks: readonly Destroyed[];
  /** What no disk claims, one line each. */
  readonly orphans: readonly string[];
}

/** Removes what ended runs of perfcase have left behind: who uses the disks first, the disks last. */
export async function destroyLeftovers(root: string): Promise<Leftovers> {
  const isStale = (owner: Owner) => !isRunning(owner);
  await removeCgroups(isStale);
  await removeSwapFiles(isStale);
  const containers = await destroyStaleContainers(root);
  const namespaces = await destroyStaleNetns(root);
  const disks = await destroyStaleDisks(root);
  return { containers, namespaces, disks, orphans: await destroyOrphans(root) };
}

/**
 * What the guard does: waits until its standard input ends, which only `owner` holds open, and for the owner's last
 * moment, then removes what was bound to it. After an orderly end there is nothing left to remove.
 */
export async function destroyOwnedBy(root: string, owner: Owner): Promise<void> {
  for await (const _ of process.stdin) {
    // Nobody writes anything; the end is the message.
  }
  while (isRunning(owner)) await sleep(20);
  const isSame = (other: Owner) => other.pid === owner.pid && other.startTicks === owner.startTicks;
  await removeCgroups(isSame);
  await removeSwapFiles(isSame);
  await destroyContainersWhere(root, isSame);
  await destroyNetnsWhere(root, isSame);
  for (const disk of await listDisks(root)) {
    const { bound, ready, owner: maker } = disk.manifest;
    if (isSame(maker) && (bound || !ready)) await destroyDisk(root, disk);
  }
}
