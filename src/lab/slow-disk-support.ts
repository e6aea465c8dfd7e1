import { statSync } from 'node:fs';
import { type Support, supportOf, unsupported } from './support.ts';

/** Programs that a slow disk stands on, with Debian's packages. */
const PROGRAMS = {
  nbdfuse: 'libnbd-bin',
  losetup: 'mount',
  'mkfs.ext4': 'e2fsprogs',
  mount: 'mount',
  umount: 'mount',
} as const;

/** Whether a slow disk can be made here. */
export function slowDiskSupport(): Support {
  const support = supportOf('a slow disk', PROGRAMS);
  if (!support.ok) return support;
  if (!isCharacterDevice('/dev/fuse')) {
    return unsupported('a slow disk needs /dev/fuse; this kernel or container has none');
  }
  if (!isCharacterDevice('/dev/loop-control')) {
    return unsupported('a slow disk needs /dev/loop-control; this kernel or container has no loop devices');
  }
  return support;
}

function isCharacterDevice(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isCharacterDevice() === true;
}
