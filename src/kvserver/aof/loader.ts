import * as fs from 'node:fs';
import * as path from 'node:path';
import { FatalError } from '../fatal-error.ts';
import { MAGIC } from '../rdb/format.ts';
import type { LoadOptions } from '../rdb/load.ts';
import { loadRdbFrom } from '../rdb/load-file.ts';
import { RequestParser } from '../resp/parser.ts';
import { ProtocolError } from '../resp/protocol-error.ts';

const CHUNK = 1024 * 1024;
const LIMITS = { maxBulkLength: Number.MAX_SAFE_INTEGER, authenticated: true, file: true } as const;

/** Who takes what is in a file. */
export interface LoadTarget {
  /** Runs one command of the file. @throws FatalError when it cannot */
  run(request: readonly string[]): void;
  /** True while a transaction is open, whose end must not be missing. */
  inTransaction(): boolean;
  /** Where the snapshot goes that a file may begin with. */
  readonly rdb: LoadOptions;
  log(line: string): void;
}

/**
 * Reads one file of the append-only file: commands, perhaps with a snapshot in RDB format before them.
 * @param cutTail whether a file that ends within a command may be cut back: the directive aof-load-truncated,
 *   and only for the last file
 * @returns bytes that are valid; the file has been cut to that length when its tail was not
 * @throws FatalError when the file is damaged elsewhere than at its end
 */
export function loadAofFile(file: string, target: LoadTarget, cutTail: boolean): number {
  const fd = open(file);
  let valid: number;
  try {
    const commandsFrom = beginsWithSnapshot(fd) ? loadRdbFrom(fd, file, target.rdb).end : 0;
    valid = replay(fd, file, target, commandsFrom);
  } finally {
    fs.closeSync(fd);
  }
  const { size } = fs.statSync(file);
  if (valid < size) cutBack(file, valid, size, target, cutTail);
  return valid;
}

function replay(fd: number, file: string, target: LoadTarget, start: number): number {
  const parser = new RequestParser();
  const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, Math.max(1, fs.fstatSync(fd).size - start)));
  let valid = 0;
  try {
    for (let at = start; ; ) {
      const length = fs.readSync(fd, chunk, 0, chunk.length, at);
      if (length === 0) return start + valid;
      at += length;
      parser.feed(chunk, length);
      for (let request = parser.next(LIMITS); request; request = parser.next(LIMITS)) {
        target.run(request);
        if (!target.inTransaction()) valid = parser.position;
      }
      if (parser.idle && !target.inTransaction()) valid = parser.position;
      parser.keep();
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new FatalError(
      `Bad file format reading the append only file ${file} at byte ${start + parser.position}: make a backup of it, then repair it with redis-check-aof --fix ${path.basename(file)}`,
      'failure',
      { cause: error },
    );
  }
}

function cutBack(file: string, valid: number, size: number, target: LoadTarget, cutTail: boolean): void {
  if (!cutTail) {
    throw new FatalError(
      `Unexpected end of file reading the append only file ${file}: the last command is not whole. Make a backup of it, then repair it with redis-check-aof --fix, or set aof-load-truncated to yes`,
    );
  }
  target.log(`${file} ends within a command; cut from ${size} to ${valid} bytes`);
  fs.truncateSync(file, valid);
}

function open(file: string): number {
  const fd = fs.openSync(file, 'r');
  if (!fs.fstatSync(fd).isDirectory()) return fd;
  fs.closeSync(fd);
  throw new FatalError(`${file} is a directory, not a part of the append-only file`, 'usage');
}

function beginsWithSnapshot(fd: number): boolean {
  const magic = Buffer.alloc(MAGIC.length);
  fs.readSync(fd, magic, 0, MAGIC.length, 0);
  return magic.toString('latin1') === MAGIC;
}
