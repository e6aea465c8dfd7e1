import { closeSync, openSync, readSync } from 'node:fs';

/** More than any report, list of answers or password has; less than what would be felt. */
const MOST_BYTES = 64 * 1024 ** 2;
const CHUNK_BYTES = 64 * 1024;

/**
 * The text of a file that is read at one go, also of a pipe. readFileSync would read /dev/zero until the memory is full.
 * @throws NodeJS.ErrnoException, with EFBIG for what does not end within `mostBytes`
 */
export function readSmallFile(path: string, mostBytes = MOST_BYTES): string {
  const descriptor = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const got = readSync(descriptor, chunk);
      if (got === 0) return Buffer.concat(chunks, length).toString();
      chunks.push(chunk.subarray(0, got));
      length += got;
      if (length > mostBytes) {
        throw Object.assign(new Error(`${path} is larger than ${mostBytes} bytes`), { code: 'EFBIG' });
      }
    }
  } finally {
    closeSync(descriptor);
  }
}
