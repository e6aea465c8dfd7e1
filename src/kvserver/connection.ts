import type { Socket } from 'node:net';
import { ByteQueue, MAX_STRING } from './byte-queue.ts';
import { clientType } from './commands/client-view.ts';
import { execute } from './dispatch.ts';
import { ReplyWriter } from './reply-writer.ts';
import { RequestParser } from './resp/parser.ts';
import { ProtocolError } from './resp/protocol-error.ts';
import { error } from './resp/reply.ts';
import type { Server } from './server.ts';
import type { Peer, Session } from './session.ts';
import { startReading } from './socket.ts';
import type { Sender } from './turn.ts';

/** Replies below this are not held against the limits; other servers do not count their first buffer either. */
const UNCOUNTED_BYTES = 16 * 1024;

/** A client's socket: bytes in, requests run, replies kept until the end of the turn, bytes out. */
export class Connection implements Peer, Sender {
  readonly session: Session;
  readonly address: string;
  readonly localAddress: string;
  private readonly socket: Socket;
  private readonly writer: ReplyWriter;
  private readonly server: Server;
  private readonly parser = new RequestParser();
  private readonly out = new ByteQueue();
  private overSoftSince: number | undefined;
  private queued = false;
  /** A request that came during a pause (CLIENT PAUSE). */
  private held: readonly string[] | undefined;
  private ending = false;
  /** Nothing can be sent any more. */
  private gone = false;
  private readonly limits = { maxBulkLength: MAX_STRING, authenticated: false };

  /** @param accepted a socket that nothing has been read from yet */
  constructor(server: Server, accepted: Socket) {
    this.server = server;
    this.address = formatAddress(accepted.remoteAddress, accepted.remotePort);
    this.localAddress = formatAddress(accepted.localAddress, accepted.localPort);
    const socket = startReading(accepted, (bytes, length) => this.receive(bytes, length));
    this.socket = socket;
    this.writer = new ReplyWriter(socket);
    this.session = server.openSession(this);
    socket.on('error', () => {
      this.gone = true;
      socket.destroy();
    });
    socket.on('close', () => {
      this.gone = true;
      server.closeSession(this.session);
    });
    if (server.config.values['tcp-keepalive'] > 0) {
      socket.setKeepAlive(true, server.config.values['tcp-keepalive'] * 1000);
    }
  }

  get fd(): number {
    // Node has no public name for it; CLIENT LIST shows it, and it is what a tracer sees.
    return (this.socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
  }
  get queryBuffer(): number {
    return this.parser.held;
  }
  get argumentBytes(): number {
    return this.parser.argumentBytes;
  }
  get outputBuffer(): number {
    return this.out.length + this.writer.unsent;
  }

  send(text: string): void {
    if (text === '' || this.ending) return;
    this.keepReply(text);
    if (this.out.length > 0) this.enqueue();
  }

  sendQueued(): void {
    this.queued = false;
    if (this.gone) {
      this.out.clear();
      return;
    }
    const chunks = this.out.chunks();
    this.out.clear();
    for (const chunk of chunks) {
      this.server.stats.netOutputBytes += chunk.length;
      this.writer.write(chunk);
    }
    if (this.ending) this.socket.destroySoon();
    else if (this.writer.unsent > 0) this.checkOutput();
  }

  private keepReply(text: string): void {
    if (this.gone) return;
    this.out.add(text);
    if (this.out.length > UNCOUNTED_BYTES) this.checkOutput();
  }

  /** A client that leaves too many replies unread is cut off, for they are kept in memory. */
  checkOutput(): void {
    if (this.gone || this.outputBuffer === 0) return;
    const { session, server } = this;
    const limit = server.config.values['client-output-buffer-limit'][clientType(session)];
    const size = this.outputBuffer;
    // Everything had been taken meanwhile, or there is little now.
    if (this.writer.unsent === 0 || limit.soft === 0 || size <= limit.soft) {
      this.overSoftSince = undefined;
    } else this.overSoftSince ??= server.now;
    const tooLong =
      this.overSoftSince !== undefined && server.now - this.overSoftSince > limit.seconds * 1000;
    const hard = server.faults.outputBuffer || limit.hard;
    if (!tooLong && (hard === 0 || size <= hard)) return;
    server.log(`client ${session.id} at ${this.address} closed: ${size} bytes of replies unread`);
    this.close(false);
  }

  /** Both ways: a client that goes on sending learns of it. */
  close(afterReplies: boolean): void {
    this.ending = true;
    if (!afterReplies) {
      this.gone = true;
      this.out.clear();
      this.socket.destroy();
    } else if (!this.queued) this.socket.destroySoon();
  }

  resume(): void {
    this.server.turn?.defer(() => {
      if (this.held || this.parser.pending > 0) this.process();
    });
  }

  private receive(bytes: Buffer, length: number): void {
    if (this.ending) return;
    const { parser, server } = this;
    server.stats.netInputBytes += length;
    parser.feed(bytes, length);
    this.process();
    // The bytes belong to the next read now.
    parser.keep();
  }

  /** Runs every whole request that has come, unless the client waits for a key. */
  private process(): void {
    if (this.ending) return;
    const { limits, parser, session, server } = this;
    limits.maxBulkLength = Math.min(server.config.values['proto-max-bulk-len'], MAX_STRING);
    server.refreshClocks();
    try {
      while (!session.closing && !this.gone && !server.blocking.isBlocked(session)) {
        limits.authenticated = session.authenticated;
        const request = this.held ?? parser.next(limits);
        if (request === undefined) break;
        this.held = undefined;
        if (server.pause.active && server.pause.holds(session, request)) {
          this.held = request;
          break;
        }
        // In two steps: the command itself may send something to this client before its reply.
        const reply = this.run(request);
        this.keepReply(reply);
        this.serveWaiting();
      }
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      const reply = error(`ERR ${thrown.message}`);
      this.keepReply(reply);
      server.stats.errorReply(reply);
      session.closing = true;
    }
    this.sendNowOrQueue();
    if (session.closing) this.close(true);
    else if (parser.pending > server.config.values['client-query-buffer-limit']) this.close(false);
  }

  /** When nothing waits for the disk, the reply goes out now, and the client thinks while others are served. */
  private sendNowOrQueue(): void {
    const { aof, turn } = this.server;
    if (aof.waiting) {
      if (this.out.length > 0) this.enqueue();
      turn?.schedule();
    } else if (this.out.length > 0 && !this.queued) {
      this.sendQueued();
    }
  }

  private enqueue(): void {
    if (this.queued) return;
    this.queued = true;
    this.server.turn?.enqueue(this);
  }

  private run(request: readonly string[]): string {
    const { session } = this;
    const reply = this.execute(request);
    const mode = session.replyMode;
    if (mode === 'on') return reply;
    if (mode === 'skip-next') session.replyMode = 'skip';
    else if (mode === 'skip') session.replyMode = 'on';
    return '';
  }

  private execute(request: readonly string[]): string {
    try {
      return execute(this.session, request);
    } catch (thrown) {
      return error(this.server.defect(this.session.lastCommand, thrown));
    }
  }

  private serveWaiting(): void {
    try {
      this.server.blocking.serveReady();
    } catch (thrown) {
      this.server.defect('waking a client', thrown);
    }
  }
}

function formatAddress(host = '', port = 0): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
