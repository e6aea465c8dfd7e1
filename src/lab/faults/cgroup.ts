import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../../core/errors.ts';
import { guardOurLab } from '../guard.ts';
import { formatOwner, isRunning, type Owner, ourselves, parseOwner } from '../owner.ts';
import { stateDir } from '../state.ts';

const ROOT = '/sys/fs/cgroup';
const NAME = /^perfcase-(\d+-\d+)-\d+$/;
/** A group can be removed only when the last process that ended in it has been collected. */
const PATIENCE_MS = 2000;
/** What each controller is called in v1, and in v2. */
const CONTROLLERS = {
  cpu: { 1: 'cpu', 2: 'cpu' },
  memory: { 1: 'memory', 2: 'memory' },
  io: { 1: 'blkio', 2: 'io' },
} as const;
type Controller = keyof typeof CONTROLLERS;
let made = 0;

/** The two versions of control groups: where the controller is mounted, and what its files are called. */
export interface CgroupSettings {
  readonly controller: Controller;
  /** Files and what is written to them, of cgroups v1 (kernel, admin-guide/cgroup-v1) … */
  readonly v1: readonly (readonly [file: string, value: string])[];
  /** … and of v2 (admin-guide/cgroup-v2). */
  readonly v2: readonly (readonly [file: string, value: string])[];
}

/**
 * Puts a process into a control group of its own. @returns what takes it out again and removes the group
 * @throws UserError where that is not allowed or not there
 */
export async function confine(
  pid: number,
  { controller, v1, v2 }: CgroupSettings,
): Promise<() => Promise<void>> {
  const root = rootOf(controller);
  if (root === undefined || process.geteuid?.() !== 0) {
    throw new UserError(
      `limiting ${controller} needs root and the ${controller} controller of control groups.`,
      EXIT.inconclusive,
    );
  }
  guardOurLab(stateDir());
  await removeCgroups((owner) => !isRunning(owner));
  const group = join(root.path, `perfcase-${formatOwner(ourselves())}-${++made}`);
  const home = join(root.path, homeOf(pid, root.version === 2 ? '' : CONTROLLERS[controller][1]));
  const release = async () => {
    await empty(group, existsSync(home) ? home : root.path);
    await remove(group);
  };
  try {
    await mkdir(group);
    for (const [file, value] of root.version === 2 ? v2 : v1) await writeFile(join(group, file), value);
    await writeFile(join(group, 'cgroup.procs'), String(pid));
  } catch (error) {
    await release().catch(() => undefined);
    throw new UserError(
      `${controller} cannot be limited here: ${(error as Error).message}.`,
      EXIT.inconclusive,
    );
  }
  return release;
}

/** Removes the groups whose makers `wanted` picks, and lets out what still runs in them. @returns their names */
export async function removeCgroups(wanted: (owner: Owner) => boolean): Promise<string[]> {
  const removed: string[] = [];
  const roots = (Object.keys(CONTROLLERS) as Controller[]).flatMap(
    (controller) => rootOf(controller)?.path ?? [],
  );
  for (const root of new Set(roots)) {
    for (const name of readdirSync(root)) {
      const owner = parseOwner(NAME.exec(name)?.[1] ?? '');
      if (owner === undefined || !wanted(owner)) continue;
      await empty(join(root, name), root).catch(() => undefined);
      await remove(join(root, name)).catch(() => undefined);
      if (!existsSync(join(root, name))) removed.push(name);
    }
  }
  return removed;
}

function rootOf(controller: Controller): { readonly version: 1 | 2; readonly path: string } | undefined {
  const v1 = join(ROOT, CONTROLLERS[controller][1]);
  if (existsSync(join(v1, 'cgroup.procs'))) return { version: 1, path: v1 };
  try {
    const controllers = readFileSync(join(ROOT, 'cgroup.subtree_control'), 'utf8').trim().split(' ');
    return controllers.includes(CONTROLLERS[controller][2]) ? { version: 2, path: ROOT } : undefined;
  } catch {
    return undefined;
  }
}

/** The group that a process is in, below the controller's root (proc(5), /proc/PID/cgroup). */
function homeOf(pid: number, controller: string): string {
  try {
    const rows = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
    const row = rows
      .map((each) => each.split(':'))
      .find(([, names]) => names!.split(',').includes(controller));
    return row?.slice(2).join(':') ?? '/';
  } catch {
    return '/';
  }
}

async function empty(group: string, into: string): Promise<void> {
  const pids = (await readFile(join(group, 'cgroup.procs'), 'utf8')).trim().split('\n').filter(Boolean);
  // One that has ended meanwhile need not be moved.
  for (const pid of pids) await writeFile(join(into, 'cgroup.procs'), pid).catch(() => undefined);
}

async function remove(group: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await rmdir(group);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || performance.now() > until) throw error;
      await sleep(20);
    }
  }
}
