import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { encodeRequest } from '../resp/reply.ts';
import type { Snapshot } from '../store/snapshot.ts';
import { rewriteKey } from './rewrite.ts';

/** Bytes that are encoded before they are handed to a thread for writing. */
const CHUNK = 256 * 1024;
/** How long the event loop may be kept at encoding before clients get their turn. */
const SLICE_MS = 4;

/**
 * Writes a snapshot as commands into a new file, in the background of the event loop: encode for a few
 * milliseconds, let a thread write, go on. Syncs at the end.
 * @throws Error of the file system, or when aborted
 */
export async function writeBase(
  snapshot: Snapshot,
  file: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await writeAll(snapshot, handle, clock, signal);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(
  snapshot: Snapshot,
  handle: FileHandle,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let pending = '';
  let selected = -1;
  let sliceEnd = clock.monotonic() + SLICE_MS;
  for (const { db, key, value, expiry } of snapshot.keys()) {
    if (db !== selected) {
      pending += encodeRequest(['SELECT', String(db)]);
      selected = db;
    }
    pending += rewriteKey(key, value, expiry);
    if (pending.length < CHUNK && clock.monotonic() < sliceEnd) continue;
    signal.throwIfAborted();
    await writeWhole(handle, pending);
    pending = '';
    // The write has been awaited, but the promise may settle before the loop has polled its sockets.
    await new Promise<void>((settle) => setImmediate(settle));
    sliceEnd = clock.monotonic() + SLICE_MS;
  }
  signal.throwIfAborted();
  await writeWhole(handle, pending);
}

async function writeWhole(handle: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text, 'latin1');
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}
