import * as fs from 'node:fs';
import { FatalError } from '../fatal-error.ts';
import { ByteSource } from './byte-source.ts';
import { type LoadedRdb, type LoadOptions, loadRdb } from './load.ts';
import { RdbError } from './rdb-error.ts';

/**
 * Loads the snapshot at the beginning of an open file.
 * @returns what was loaded, and at which byte the snapshot ends
 * @throws FatalError that names the file and the place
 */
export function loadRdbFrom(fd: number, path: string, options: LoadOptions): LoadedRdb & { end: number } {
  const { size } = fs.fstatSync(fd);
  let readAt = 0;
  const source = ByteSource.from(size, (buffer, offset) => {
    const length = fs.readSync(fd, buffer, offset, buffer.length - offset, readAt);
    readAt += length;
    return length;
  });
  try {
    return { ...loadRdb(source, options), end: source.position };
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    throw new FatalError(
      `cannot load ${path}, byte ${source.position}: ${error.message}; look at it with redis-check-rdb, or move it away`,
      'failure',
      { cause: error },
    );
  }
}

/** @returns undefined when there is no such file */
export function loadRdbFile(path: string, options: LoadOptions): LoadedRdb | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new FatalError(`cannot load ${path}: ${message}`, 'usage', { cause: error });
  }
  try {
    if (fs.fstatSync(fd).isDirectory()) {
      throw new FatalError(`cannot load ${path}: it is a directory, not a snapshot`, 'usage');
    }
    return loadRdbFrom(fd, path, options);
  } finally {
    fs.closeSync(fd);
  }
}
