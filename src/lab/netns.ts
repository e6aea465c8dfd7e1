import { open, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CommandSpec } from '../core/capture.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { runLocal } from '../runners/local.ts';
import { guardOurLab } from './guard.ts';
import { isMounted } from './mounts.ts';
import { formatOwner, isRunning, type Owner, ourselves, parseOwner } from './owner.ts';
import { endProcess, processesInNetns } from './processes.ts';
import { dropEmptyFolders, makeStateFolder, stateDir } from './state.ts';
import { type Support, supportOf } from './support.ts';

/** A network namespace of its own, with only a loopback interface, which is up. It ends with this process. */
export interface NetworkNamespace {
  /** "perfcase-PID-TICKS-N", after the process that made it. */
  readonly name: string;
  /** The file that stands for it, for nsenter --net=FILE. */
  readonly path: string;
  /** The number in "net:[4026532262]", as /proc/PID/ns/net shows it. */
  readonly inode: number;
  /**
   * The same command, run inside. Only the network is another one: files, mounts and processes are the machine's,
   * so a slow disk can still be unmounted while something runs in here.
   */
  command(spec: CommandSpec): CommandSpec;
  /** Ends every process that is still inside, by pid, and removes the namespace. */
  destroy(): Promise<void>;
}

const PROGRAMS = { unshare: 'util-linux', nsenter: 'util-linux', ip: 'iproute2', umount: 'mount' } as const;
const FILE = /^perfcase-(\d+-\d+)-\d+$/;
let made = 0;

/** Whether a network namespace can be made here. */
export function netnsSupport(): Support {
  return supportOf('a network namespace', PROGRAMS);
}

/**
 * Makes a namespace, held by a bind mount as `ip netns` holds its own (unshare(1)), but in our state folder.
 * @throws UserError where the machine cannot do it; the signal's reason when interrupted
 */
export async function createNetns(
  options: { readonly signal?: AbortSignal; readonly stateDir?: string } = {},
): Promise<NetworkNamespace> {
  const support = netnsSupport();
  if (!support.ok) throw new UserError(`${support.reason}.`, EXIT.failure);
  const root = options.stateDir ?? stateDir();
  const { signal } = options;
  await destroyStaleNetns(root);
  guardOurLab(root);
  const name = `perfcase-${formatOwner(ourselves())}-${++made}`;
  const path = join(await makeStateFolder(root, 'netns'), name);
  const inside = (spec: CommandSpec): CommandSpec => ({
    ...spec,
    file: 'nsenter',
    args: [`--net=${path}`, '--', spec.file, ...spec.args],
    privilege: 'root',
  });
  try {
    await (await open(path, 'wx', 0o600)).close();
    await must({ file: 'unshare', args: [`--net=${path}`, 'true'], timeoutMs: 10_000 }, signal);
    await must(inside({ file: 'ip', args: ['link', 'set', 'lo', 'up'], timeoutMs: 10_000 }), signal);
    const { ino: inode } = await stat(path);
    return { name, path, inode, command: inside, destroy: () => destroyNetns(root, path) };
  } catch (error) {
    await destroyNetns(root, path);
    throw error;
  }
}

/** Removes the namespaces whose makers are gone, and what still runs in them. @returns their names */
export async function destroyStaleNetns(root: string): Promise<string[]> {
  return destroyNetnsWhere(root, (owner) => !isRunning(owner));
}

/** @returns the names of those that were removed */
export async function destroyNetnsWhere(root: string, wanted: (owner: Owner) => boolean): Promise<string[]> {
  const folder = join(root, 'netns');
  const removed: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const owner = parseOwner(FILE.exec(name)?.[1] ?? '');
    if (owner === undefined || !wanted(owner)) continue;
    await destroyNetns(root, join(folder, name));
    removed.push(name);
  }
  return removed;
}

async function destroyNetns(root: string, path: string): Promise<void> {
  if (isMounted(path)) {
    const { ino } = await stat(path);
    // What is mounted there must be a namespace of our making: never end those who share one with us.
    if (ino !== (await stat('/proc/self/ns/net')).ino)
      await Promise.all(processesInNetns(ino).map(endProcess));
    await runLocal({ file: 'umount', args: [path], timeoutMs: 10_000, privilege: 'root' });
  }
  if (isMounted(path)) {
    throw new UserError(`the network namespace ${basename(path)} cannot be removed.`, EXIT.failure);
  }
  await rm(path, { force: true });
  await dropEmptyFolders(root, join(root, 'netns'));
}

async function must(command: CommandSpec, signal?: AbortSignal): Promise<void> {
  const outcome = await runLocal(command, signal);
  signal?.throwIfAborted();
  if (outcome.status === 'captured') return;
  throw new UserError(
    `no network namespace can be made here: ${outcome.reason ?? outcome.status}.`,
    EXIT.failure,
  );
}
