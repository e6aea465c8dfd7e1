import * as fs from 'node:fs';
import { FatalError } from '../fatal-error.ts';
import { RequestParser } from '../resp/parser.ts';
import { ProtocolError } from '../resp/protocol-error.ts';

const CHUNK = 1024 * 1024;
const LIMITS = { maxBulkLength: Number.MAX_SAFE_INTEGER, authenticated: true, file: true } as const;

export interface LoadOptions {
  /** Runs one command of the file. @throws FatalError when it cannot */
  readonly run: (request: readonly string[]) => void;
  /** True while a transaction is open, whose end must not be missing. */
  readonly inTransaction: () => boolean;
  /** Whether a file that ends within a command may be cut back: the directive, and only for the last file. */
  readonly cutTail: boolean;
  readonly log: (line: string) => void;
}

/**
 * Replays one file of the append-only file.
 * @returns bytes that are valid; the file has been cut to that length when its tail was not
 * @throws FatalError when the file is damaged elsewhere than at its end
 */
export function loadAofFile(path: string, options: LoadOptions): number {
  const parser = new RequestParser();
  const fd = fs.openSync(path, 'r');
  let valid = 0;
  try {
    const chunk = Buffer.allocUnsafeSlow(CHUNK);
    refuseSnapshot(fd, path);
    for (;;) {
      const length = fs.readSync(fd, chunk, 0, CHUNK, null);
      if (length === 0) break;
      parser.feed(chunk, length);
      for (let request = parser.next(LIMITS); request; request = parser.next(LIMITS)) {
        options.run(request);
        if (!options.inTransaction()) valid = parser.position;
      }
      if (parser.idle && !options.inTransaction()) valid = parser.position;
      parser.keep();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
      throw new FatalError(`${path} is a directory, not a part of the append-only file`, 'usage');
    }
    if (!(error instanceof ProtocolError)) throw error;
    throw new FatalError(
      `bad file format in ${path} at byte ${parser.position}: make a copy, then repair it with redis-check-aof --fix`,
      'failure',
      { cause: error },
    );
  } finally {
    fs.closeSync(fd);
  }
  const size = fs.statSync(path).size;
  if (valid < size) cutBack(path, valid, size, options);
  return valid;
}

function cutBack(path: string, valid: number, size: number, options: LoadOptions): void {
  if (!options.cutTail) {
    throw new FatalError(
      `unexpected end of file in ${path}: the last command is not whole. Repair it with redis-check-aof --fix, or set aof-load-truncated to yes`,
    );
  }
  options.log(`${path} ends within a command; cut from ${size} to ${valid} bytes`);
  fs.truncateSync(path, valid);
}

function refuseSnapshot(fd: number, path: string): void {
  const magic = Buffer.alloc(5);
  fs.readSync(fd, magic, 0, 5, 0);
  if (magic.toString('latin1') === 'REDIS') {
    throw new FatalError(
      `${path} holds a snapshot in RDB format, which this server does not read; rewrite it with aof-use-rdb-preamble no`,
      'usage',
    );
  }
}
