import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, UserError } from '../../core/errors.ts';
import { confine } from './cgroup.ts';

/** Gives a process so many writes a second of the disk that a folder is on. @returns what ends it */
export async function limitWrites(
  pid: number,
  { folder, perSec }: { readonly folder: string; readonly perSec: number },
): Promise<() => Promise<void>> {
  const disk = diskOf(folder);
  return confine(pid, {
    controller: 'io',
    v1: [['blkio.throttle.write_iops_device', `${disk} ${perSec}`]],
    v2: [['io.max', `${disk} wiops=${perSec}`]],
  });
}

/** "7:0"; of a partition the disk, since limits are set for whole disks. @throws UserError where no disk is below */
function diskOf(folder: string): string {
  const { dev } = statSync(folder, { bigint: true });
  const link = `/sys/dev/block/${majorOf(dev)}:${minorOf(dev)}`;
  if (!existsSync(link))
    throw new UserError(`${folder} is not on a disk whose requests can be limited.`, EXIT.inconclusive);
  const path = realpathSync(link);
  const disk = existsSync(join(path, 'partition')) ? join(path, '..') : path;
  return readFileSync(join(disk, 'dev'), 'utf8').trim();
}

/** As makedev(3) of glibc packs them. */
const majorOf = (dev: bigint): bigint => ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
const minorOf = (dev: bigint): bigint => (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
