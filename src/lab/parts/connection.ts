import { createConnection, type Socket } from 'node:net';
import { type Reply, ReplyReader } from './reply-reader.ts';

interface Waiting {
  readonly take: (reply: Reply) => void;
  readonly fail: (error: Error) => void;
}

/** Time for one attempt to reach the server. */
const CONNECT_MS = 5000;

/**
 * A plain connection to the server, as thin as can be: what a tracer sees of it is the scenario's commands and nothing
 * else, unlike with a library that greets the server first.
 */
export class Connection {
  private readonly reader = new ReplyReader();
  private readonly waiting: Waiting[] = [];
  private readonly socket: Socket;
  private lost: Error | undefined;

  private constructor(
    socket: Socket,
    /** Nagle's algorithm then holds the second write back until the first is acknowledged (RFC 896). */
    private readonly inTwoWrites: boolean,
  ) {
    this.socket = socket;
    socket.setNoDelay(!inTwoWrites);
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const reply of this.reader.push(chunk)) this.waiting.shift()?.take(reply);
      } catch (error) {
        this.fail(error as Error);
      }
    });
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
  }

  static open(
    server: { readonly host: string; readonly port: number },
    { inTwoWrites = false } = {},
  ): Promise<Connection> {
    return new Promise((settle, fail) => {
      const socket = createConnection(server);
      socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('the server did not answer in time')));
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.off('error', fail);
        settle(new Connection(socket, inTwoWrites));
      });
    });
  }

  /** Sends one command and waits for its reply. */
  async ask(words: readonly string[]): Promise<Reply> {
    return (await this.askAll([words]))[0]!;
  }

  /** Sends all at once; the replies come in the same order. */
  askAll(commands: readonly (readonly string[])[]): Promise<Reply[]> {
    if (this.lost) return Promise.reject(this.lost);
    const replies = commands.map(() => new Promise<Reply>((take, fail) => this.waiting.push({ take, fail })));
    const bytes = Buffer.from(commands.map(encode).join(''), 'latin1');
    if (this.inTwoWrites) this.writeTwice(bytes);
    else this.socket.write(bytes);
    return Promise.all(replies);
  }

  private writeTwice(bytes: Buffer): void {
    const middle = bytes.length >> 1;
    this.socket.write(bytes.subarray(0, middle));
    // Without cork(), each is a write(2) of its own.
    this.socket.write(bytes.subarray(middle));
  }

  /** Sends without waiting for replies. @returns false when the way is full */
  send(words: readonly string[]): boolean {
    if (this.lost) throw this.lost;
    return this.socket.write(Buffer.from(encode(words), 'latin1'));
  }

  /** Resolves when more can be sent, or when the connection is lost. */
  async drained(): Promise<void> {
    if (!this.lost)
      await new Promise<void>((settle) => {
        this.socket.once('drain', settle);
        this.socket.once('close', settle);
      });
  }

  /** What comes stays in the kernel's buffer from now on. */
  stopReading(): void {
    this.socket.pause();
  }

  /** Resolves when the connection has ended; replies that nobody asked for are dropped. */
  ended(): Promise<void> {
    return new Promise((settle) => {
      if (this.socket.destroyed) settle();
      else this.socket.once('close', () => settle());
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private fail(error: Error): void {
    this.lost ??= error;
    for (const { fail } of this.waiting.splice(0)) fail(this.lost);
    this.socket.destroy();
  }
}

function encode(words: readonly string[]): string {
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}
