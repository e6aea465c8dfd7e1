import * as fs from 'node:fs';

/**
 * The system calls of the append-only file, one each, so that a test can make any of them fail. `write` and
 * `datasync` block the event loop on purpose: `appendfsync always` promises that a reply is not sent before its
 * command is on the disk.
 */
export interface Disk {
  open(path: string): number;
  size(fd: number): number;
  /** @returns bytes written, perhaps fewer than given */
  write(fd: number, bytes: Buffer | string): number;
  datasync(fd: number): void;
  /** The same from a thread of the pool. */
  datasyncLater(fd: number, done: (error: NodeJS.ErrnoException | null) => void): void;
  truncate(fd: number, length: number): void;
  close(fd: number): void;
}

export const REAL_DISK: Disk = {
  open: (path) => fs.openSync(path, 'a', 0o644),
  size: (fd) => fs.fstatSync(fd).size,
  write: (fd, bytes) =>
    typeof bytes === 'string' ? fs.writeSync(fd, bytes, null, 'latin1') : fs.writeSync(fd, bytes),
  datasync: (fd) => fs.fdatasyncSync(fd),
  datasyncLater: (fd, done) => fs.fdatasync(fd, done),
  truncate: (fd, length) => fs.ftruncateSync(fd, length),
  close: (fd) => fs.closeSync(fd),
};
