import * as fs from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { ByteSink } from './byte-sink.ts';

/** Bytes that are encoded before they are handed over for writing. */
const CHUNK = 256 * 1024;
/** How long the event loop may be kept at encoding before clients get their turn. */
const SLICE_MS = 4;
/** Synced in pieces, so that the disk is not flooded at the end. */
const SYNC_EVERY = 4 * 1024 * 1024;

/**
 * Writes what an encoder puts into the sink, and syncs. Nobody else runs meanwhile. `encoding` is the encoder at
 * work: it pauses where the sink may be emptied.
 * @throws Error of the file system
 */
export function writeNow(file: string, sink: ByteSink, encoding: Iterable<void>): void {
  const fd = fs.openSync(file, 'w', 0o644);
  const write = () => {
    const bytes = sink.take();
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
  };
  try {
    for (const _ of encoding) if (sink.length >= CHUNK) write();
    write();
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * The same in the background of the event loop: encode for a few milliseconds, let a thread write, go on.
 * @throws Error of the file system, or when aborted
 */
export async function writeInBackground(
  file: string,
  sink: ByteSink,
  encoding: Iterable<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  let unsynced = 0;
  const write = async () => {
    const bytes = sink.take();
    await writeWhole(handle, bytes);
    unsynced += bytes.length;
    if (unsynced < SYNC_EVERY) return;
    await handle.datasync();
    unsynced = 0;
  };
  try {
    let sliceEnd = clock.monotonic() + SLICE_MS;
    for (const _ of encoding) {
      if (sink.length < CHUNK && clock.monotonic() < sliceEnd) continue;
      signal.throwIfAborted();
      if (sink.length >= CHUNK) await write();
      // The write has been awaited, but the promise may settle before the loop has polled its sockets.
      await new Promise<void>((settle) => setImmediate(settle));
      sliceEnd = clock.monotonic() + SLICE_MS;
    }
    signal.throwIfAborted();
    await write();
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeWhole(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}

/** A new name in a directory survives a crash only when the directory is synced, too. */
export function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The same by another thread. */
export async function syncDirectoryInBackground(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
