import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';

/** Whether process ids here are those of the host. Its inode is fixed: PROC_PID_INIT_INO in linux/proc_ns.h. */
export function isHostNamespace(): boolean {
  return linkOf('/proc/self/ns/pid') === `pid:[${0xefff_fffc}]`;
}

/** The id that fork returns to a process in a namespace of its own is not the one that programs see. */
export function sharesPidNamespace(pid: number): boolean {
  return linkOf(`/proc/${pid}/ns/pid`) === linkOf('/proc/self/ns/pid');
}

/** A 32-bit program numbers its calls differently: byte 4 of an ELF file is 1 for it (elf(5)). */
export function isNarrow(pid: number): boolean {
  const head = Buffer.alloc(5);
  try {
    const fd = openSync(`/proc/${pid}/exe`, 'r');
    try {
      return readSync(fd, head, 0, 5, 0) === 5 && head[4] === 1;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
