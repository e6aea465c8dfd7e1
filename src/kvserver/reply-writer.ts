import type { Socket } from 'node:net';

/** Node's object for one write; its class is not exported. */
interface WriteRequest {
  oncomplete?: () => void;
}

/** The part of Node's handle that is needed here; it has no public type. */
interface Handle {
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  /** @returns 0, or a negative error number */
  writeLatin1String(request: WriteRequest, text: string): number;
}

let Request: (new () => WriteRequest) | undefined;
/** A request that the kernel served at once is as good as new. */
let spare: WriteRequest | undefined;

/**
 * Sends replies. A socket's stream does much for each write that a reply does not need, a few hundredths of what a
 * short request costs; so the reply goes straight to the handle, and through the stream only while the client is
 * slow at reading. Where Node no longer works that way, everything goes through the stream: slower, otherwise
 * the same.
 */
export class ReplyWriter {
  private readonly socket: Socket;
  private readonly handle: Handle | undefined;
  /** Bytes of a write to the handle that the kernel has not taken at once. */
  private waiting = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.handle = handleOf(socket);
    if (this.handle && !Request) learnRequest(this.handle);
  }

  /** Bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.waiting + this.socket.writableLength;
  }

  /** @param text one character a byte */
  write(text: string): void {
    const { handle, socket } = this;
    if (!handle || !Request || this.unsent > 0) {
      socket.write(text, 'latin1');
      return;
    }
    const request = spare ?? new Request();
    spare = undefined;
    const code = handle.writeLatin1String(request, text);
    if (code < 0) socket.destroy();
    else if (handle.writeQueueSize === 0) spare = request;
    else this.wait(handle, request);
  }

  private wait(handle: Handle, request: WriteRequest): void {
    this.waiting = handle.writeQueueSize;
    request.oncomplete = () => {
      this.waiting = 0;
    };
  }
}

function handleOf(socket: Socket): Handle | undefined {
  const handle = (socket as unknown as { _handle?: Partial<Handle> | null })._handle;
  const fits = typeof handle?.writeLatin1String === 'function' && typeof handle.writeQueueSize === 'number';
  return fits ? (handle as Handle) : undefined;
}

/** The first reply goes through the stream; the request that Node makes for it shows the class. */
function learnRequest(handle: Handle): void {
  const write = handle.writeLatin1String;
  handle.writeLatin1String = (request, text) => {
    Request = request.constructor as new () => WriteRequest;
    handle.writeLatin1String = write;
    return write.call(handle, request, text);
  };
}
