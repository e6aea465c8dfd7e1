import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type NbdBackend, NbdSession } from './nbd-session.ts';

/** How the file that holds the delay is written: one number of milliseconds in a text of constant length. */
export function delayText(delayMs: number): string {
  return delayMs.toFixed(3).padStart(DELAY_LENGTH);
}

const DELAY_LENGTH = 12;
/**
 * So many bytes take as long as the way to them: with the 2.3 ms of a hard disk 115 MB a second, with a cloud disk's
 * 0.6 ms 440. Otherwise a rewrite of megabytes would be through with a few requests, and would stand in nobody's way.
 */
const BYTES_IN_A_DELAY = 256 * 1024;

/** How late a write of so many bytes is, in milliseconds. */
export function writeMs(delayMs: number, bytes: number): number {
  return delayMs * (1 + bytes / BYTES_IN_A_DELAY);
}

/**
 * Serves an image by NBD until the client hangs up. Each write is late, a long one later, and requests wait for each
 * other, as before one head of a disk. How late is read from `delayFile` each time, so that it can be changed while the
 * disk is in use.
 */
export async function serveImage(
  image: string,
  delayFile: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  const file = openSync(image, 'r+');
  const delay = openSync(delayFile, 'r');
  try {
    const session = new NbdSession(slowly(file, delay), (bytes) => output.write(bytes));
    for await (const chunk of input) {
      session.push(chunk as Buffer);
      if (session.isClosed) break;
    }
  } finally {
    closeSync(file);
    closeSync(delay);
  }
}

function slowly(file: number, delay: number): NbdBackend {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const text = Buffer.alloc(DELAY_LENGTH);
  const delayMs = () => {
    readSync(delay, text, 0, DELAY_LENGTH, 0);
    return Number(text.toString('latin1'));
  };
  return {
    sizeBytes: fstatSync(file).size,
    read: (offset, length) => {
      const data = Buffer.alloc(length);
      for (let got = 0; got < length; ) {
        const count = readSync(file, data, got, length - got, offset + got);
        if (count === 0) break;
        got += count;
      }
      return data;
    },
    write: (offset, data) => {
      // Blocks this thread, to some microseconds; a timer of Node knows whole milliseconds only.
      Atomics.wait(clock, 0, 0, writeMs(delayMs(), data.length));
      for (let done = 0; done < data.length; ) {
        done += writeSync(file, data, done, data.length - done, offset + done);
      }
    },
  };
}
