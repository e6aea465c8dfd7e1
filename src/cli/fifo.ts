import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a FIFO without a reader is tried again, in milliseconds. */
const RETRY_MS = 50;

/** A FIFO that is written to. */
export interface FifoWriter {
  /** @throws with code EPIPE when the reader has gone */
  write(bytes: Uint8Array | string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a FIFO for writing once somebody reads from it. open(2) without O_NONBLOCK would wait where no signal is heard.
 * @throws the signal's reason when aborted while nobody reads; what open(2) says otherwise
 */
export async function openFifo(path: string, signal: AbortSignal): Promise<FifoWriter> {
  const socket = new Socket({ fd: await openedFifo(path, signal), readable: false, writable: true });
  // Told by the write that meets it.
  socket.on('error', () => undefined);
  return {
    write: (bytes) =>
      new Promise((settle, fail) => {
        socket.write(bytes, (error) => (error ? fail(error) : settle()));
      }),
    close: () =>
      new Promise((settle) => {
        if (socket.destroyed) settle();
        else socket.once('close', () => settle()).end(() => socket.destroy());
      }),
  };
}

async function openedFifo(path: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    if (signal.aborted) throw signal.reason;
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
