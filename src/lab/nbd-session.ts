/**
 * The server's side of one NBD connection: fixed newstyle handshake, then reads and writes.
 * https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
 */

/** What is served; both calls take place at once, one after the other, as on a disk with one head. */
export interface NbdBackend {
  readonly sizeBytes: number;
  /** @throws an error with an errno code when it cannot be read */
  read(offset: number, length: number): Buffer;
  write(offset: number, data: Buffer): void;
}

const OPTION_MAGIC = Buffer.from('IHAVEOPT');
const GREETING = Buffer.concat([Buffer.from('NBDMAGIC'), OPTION_MAGIC, Buffer.from([0, 3])]);
const OPTION_REPLY_MAGIC = Buffer.from('0003e889045565a9', 'hex');
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;

const OPTION = { exportName: 1, abort: 2, info: 6, go: 7 } as const;
const REPLY = { ack: 1, info: 3, unsupported: 0x8000_0001 } as const;
const COMMAND = { read: 0, write: 1, disconnect: 2 } as const;
/** NBD_FLAG_HAS_FLAGS alone: a flush would have nothing to do, and each costs a way there and back. */
const TRANSMISSION_FLAGS = 1;
const CLIENT_NO_ZEROES = 2;
const EINVAL = 22;
const EIO = 5;
const OPTION_HEADER = 16;
const REQUEST_HEADER = 28;
/** More than any client sends unasked (the protocol's own limit for a payload). */
const MOST_BYTES = 32 * 2 ** 20;

type State = 'greeting' | 'options' | 'requests' | 'closed';

export class NbdSession {
  private state: State = 'greeting';
  private pending: Buffer = Buffer.alloc(0);
  private padding = 124;

  constructor(
    private readonly backend: NbdBackend,
    private readonly send: (bytes: Buffer) => void,
  ) {
    send(GREETING);
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /** Takes what the client has sent, in pieces of any size, and answers what is whole. */
  push(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.step()) {
      // Until a message is incomplete.
    }
  }

  private step(): boolean {
    if (this.state === 'greeting') return this.readClientFlags();
    if (this.state === 'options') return this.readOption();
    return this.state === 'requests' && this.readRequest();
  }

  private take(length: number): Buffer | undefined {
    if (this.pending.length < length) return undefined;
    const taken = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return taken;
  }

  private close(): false {
    this.state = 'closed';
    return false;
  }

  private readClientFlags(): boolean {
    const flags = this.take(4);
    if (!flags) return false;
    if ((flags.readUInt32BE(0) & CLIENT_NO_ZEROES) !== 0) this.padding = 0;
    this.state = 'options';
    return true;
  }

  private readOption(): boolean {
    if (this.pending.length < OPTION_HEADER) return false;
    const option = this.pending.readUInt32BE(8);
    const length = this.pending.readUInt32BE(12);
    if (!this.pending.subarray(0, 8).equals(OPTION_MAGIC) || length > MOST_BYTES) return this.close();
    if (!this.take(OPTION_HEADER + length)) return false;
    if (option === OPTION.exportName) {
      this.send(Buffer.concat([this.exportFacts(), Buffer.alloc(this.padding)]));
      this.state = 'requests';
    } else if (option === OPTION.info || option === OPTION.go) {
      // Its kind, NBD_INFO_EXPORT, is 0.
      this.replyToOption(option, REPLY.info, Buffer.concat([Buffer.alloc(2), this.exportFacts()]));
      this.replyToOption(option, REPLY.ack);
      if (option === OPTION.go) this.state = 'requests';
    } else if (option === OPTION.abort) {
      this.replyToOption(option, REPLY.ack);
      return this.close();
    } else this.replyToOption(option, REPLY.unsupported);
    return true;
  }

  private exportFacts(): Buffer {
    const facts = Buffer.alloc(10);
    facts.writeBigUInt64BE(BigInt(this.backend.sizeBytes), 0);
    facts.writeUInt16BE(TRANSMISSION_FLAGS, 8);
    return facts;
  }

  private replyToOption(option: number, reply: number, data: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(20);
    OPTION_REPLY_MAGIC.copy(header);
    header.writeUInt32BE(option, 8);
    header.writeUInt32BE(reply, 12);
    header.writeUInt32BE(data.length, 16);
    this.send(Buffer.concat([header, data]));
  }

  private readRequest(): boolean {
    if (this.pending.length < REQUEST_HEADER) return false;
    const command = this.pending.readUInt16BE(6);
    const offset = Number(this.pending.readBigUInt64BE(16));
    const length = this.pending.readUInt32BE(24);
    if (this.pending.readUInt32BE(0) !== REQUEST_MAGIC || length > MOST_BYTES) return this.close();
    const payload = command === COMMAND.write ? length : 0;
    const message = this.take(REQUEST_HEADER + payload);
    if (!message) return false;
    if (command === COMMAND.disconnect) return this.close();
    const reply = Buffer.alloc(16);
    reply.writeUInt32BE(REPLY_MAGIC, 0);
    message.copy(reply, 8, 8, 16);
    const result = this.run(command, offset, length, message.subarray(REQUEST_HEADER));
    if (typeof result === 'number') reply.writeUInt32BE(result, 4);
    this.send(typeof result === 'number' ? reply : Buffer.concat([reply, result]));
    return true;
  }

  /** @returns what was read, or an error number as the protocol has it; 0 for success */
  private run(command: number, offset: number, length: number, data: Buffer): Buffer | number {
    if (offset + length > this.backend.sizeBytes) return EINVAL;
    try {
      if (command === COMMAND.read) return this.backend.read(offset, length);
      if (command !== COMMAND.write) return EINVAL;
      this.backend.write(offset, data);
      return 0;
    } catch {
      return EIO;
    }
  }
}
