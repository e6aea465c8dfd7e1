import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../core/errors.ts';

/**
 * Saved output from anywhere: a file, a pipe, a FIFO nobody writes to yet, standard input ("-"), each packed with gzip
 * or not. What is opened can be given up at any time: nothing here waits where a signal is not heard.
 */
export interface ByteSource {
  /** Bytes of it, where that is known before. */
  readonly size?: number;
  /** What was wrong with it, although it could be read; known at the end. */
  readonly remarks: readonly string[];
  /** Puts the next bytes to the beginning of `into`. @returns how many; 0 at the end */
  read(into: Uint8Array): number | Promise<number>;
  close(): void;
}

/** @throws UserError when it cannot be read; the signal's reason when aborted */
export async function openSource(path: string, signal: AbortSignal): Promise<ByteSource> {
  if (path === '-') return streamSource(path, process.stdin, signal);
  let fd: number;
  try {
    // A FIFO is opened at once, whether anybody writes to it or not.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
  const stat = fstatSync(fd);
  if (stat.isFIFO()) return streamSource(path, new Socket({ fd, readable: true, writable: false }), signal);
  if (!stat.isFile() || isPacked(firstBytes(path, fd)))
    return streamSource(path, createReadStream(path, { fd, start: 0 }), signal);
  return {
    size: stat.size,
    remarks: [],
    read(into) {
      try {
        return readSync(fd, into);
      } catch (error) {
        throw unreadable(path, error);
      }
    },
    close: () => closeSync(fd),
  };
}

/** The same as a stream, as it lies there: packed bytes stay packed. Errors come when it is read. */
export function openStream(path: string): Readable {
  if (path === '-') return process.stdin;
  try {
    if (statSync(path).isFIFO()) {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return new Socket({ fd, readable: true, writable: false });
    }
  } catch {
    // The stream below tells why.
  }
  return createReadStream(path);
}

function firstBytes(path: string, fd: number): Uint8Array {
  const bytes = new Uint8Array(2);
  try {
    readSync(fd, bytes, 0, 2, 0);
  } catch (error) {
    closeSync(fd);
    throw unreadable(path, error);
  }
  return bytes;
}

async function streamSource(path: string, stream: Readable, signal: AbortSignal): Promise<ByteSource> {
  const stop = () => stream.destroy(new Error('interrupted'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const remarks: string[] = [];
  const close = () => {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  };
  const failed = (error: unknown): never => {
    close();
    throw signal.aborted ? signal.reason : unreadable(path, error);
  };
  let rest: Uint8Array = new Uint8Array();
  let parts: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  try {
    while (rest.length < 2) {
      const { value, done } = await parts.next();
      if (done) break;
      rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    }
  } catch (error) {
    failed(error);
  }
  if (isPacked(rest)) {
    parts = unpacked(following(rest, parts), remarks);
    rest = new Uint8Array();
  }
  return {
    remarks,
    async read(into) {
      try {
        while (rest.length === 0) {
          const { value, done } = await parts.next();
          if (done) return 0;
          rest = value;
        }
      } catch (error) {
        failed(error);
      }
      const length = Math.min(rest.length, into.length);
      into.set(length === rest.length ? rest : rest.subarray(0, length));
      rest = rest.subarray(length);
      return length;
    },
    close,
  };
}

/** gzip's mark. Several packed files one behind the other are unpacked as gunzip does. */
function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function* following(first: Uint8Array, parts: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let part = await parts.next(); !part.done; part = await parts.next()) yield part.value;
}

async function* unpacked(packed: AsyncIterable<Uint8Array>, remarks: string[]): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed, { objectMode: false });
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  let bytes = 0;
  try {
    for await (const part of source.pipe(gunzip)) {
      bytes += part.length;
      yield part;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What could be unpacked of a file that was cut off or damaged is still worth reading, as a log that was cut is.
    if (bytes === 0 || !/^Z_(?:BUF|DATA)_ERROR$/.test(code ?? '')) throw error;
    remarks.push(code === 'Z_BUF_ERROR' ? 'the packed file ends early' : 'the packed file is damaged');
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function unreadable(path: string, error: unknown): UserError {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? reasonOf(error);
  return new UserError(
    `${path} cannot be read (${reason}); give a file that you may read, or - for standard input.`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENXIO: 'it is a socket',
  Z_BUF_ERROR: 'the packed file ends early',
  Z_DATA_ERROR: 'the packed file is damaged',
};

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
