import { Socket } from 'node:net';

/** As much as is read from a client at once. */
const READ_BYTES = 64 * 1024;

/**
 * One buffer for all clients: what has been read is parsed before anything else is read, and only an unfinished
 * tail is kept by its connection. Without it Node makes a new buffer for every read.
 */
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

/** The part of Node's handle that is needed here; it has no public type. */
interface Handle {
  useUserBuffer?: unknown;
}

/**
 * Begins to read from a socket that was accepted paused. Node offers reading into a given buffer (`onread`) for
 * outgoing connections only, so the accepted handle moves into a socket made with that option. Where Node no
 * longer works that way, the accepted socket is used as it is: slower, otherwise the same.
 * @returns the socket to use from now on
 */
export function startReading(accepted: Socket, receive: (bytes: Buffer, length: number) => void): Socket {
  const owner = accepted as unknown as { _handle: Handle | null };
  const handle = owner._handle;
  if (typeof handle?.useUserBuffer !== 'function') {
    accepted.on('data', (chunk: Buffer) => receive(chunk, chunk.length));
    accepted.resume();
    return accepted;
  }
  owner._handle = null;
  const options = {
    handle,
    onread: {
      buffer: shared,
      callback: (length: number) => {
        receive(shared, length);
        return true;
      },
    },
  };
  const socket = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
  // The listening socket counts the accepted one, and ends only when that has ended.
  socket.once('close', () => accepted.destroy());
  socket.resume();
  return socket;
}
