import type { CgroupObservation, MountObservation } from '../../core/observation.ts';
import { CGROUP_FILES } from './cgroup-values.ts';

/** Groups within groups: a pod's container lies five deep. A limit may be set on any of them. */
const MAX_LEVELS = 8;
/** The controllers of cgroup v1 whose files are read. */
const CONTROLLERS = new Set(['cpu', 'blkio', 'memory']);

/**
 * The files that hold a process's limits and what they cost it: those of its own control groups and of the groups
 * around them, v1 and v2. Not every file exists.
 * @param groups lines of /proc/PID/cgroup
 * @param mounts lines of /proc/self/mountinfo: where this program sees control groups
 */
export function cgroupFiles(
  groups: readonly CgroupObservation[],
  mounts: readonly MountObservation[],
): string[] {
  const folders = groups.flatMap((group) => foldersOf(group, mounts));
  return folders.flatMap(({ folder, prefix }) =>
    CGROUP_FILES.filter((file) => file.startsWith(prefix)).map((file) => `${folder}/${file}`),
  );
}

function foldersOf(
  { hierarchy, controllers, path }: CgroupObservation,
  mounts: readonly MountObservation[],
): { folder: string; prefix: string }[] {
  const wanted = controllers.filter((name) => CONTROLLERS.has(name));
  const mount = mounts.find(({ fsType, superOptions }) =>
    hierarchy === 0 ? fsType === 'cgroup2' : fsType === 'cgroup' && superOptions?.includes(wanted[0] ?? ''),
  );
  // A path that begins with ".." lies outside of the control group namespace that this program is in.
  if (!mount || path.startsWith('/..')) return [];
  const { root, mountPoint } = mount;
  const below = root !== '/' && `${path}/`.startsWith(`${root}/`) ? path.slice(root.length) : path;
  const names = below.split('/').filter((name) => name !== '');
  const levels = Array.from({ length: Math.min(names.length, MAX_LEVELS) + 1 }, (_, up) =>
    [mountPoint, ...names.slice(0, names.length - up)].join('/'),
  );
  const prefixes = hierarchy === 0 ? [''] : wanted.map((name) => `${name}.`);
  return levels.flatMap((folder) => prefixes.map((prefix) => ({ folder, prefix })));
}
