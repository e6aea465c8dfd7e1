import { MAX_STRING } from '../byte-queue.ts';
import { Crc64 } from './crc64.ts';
import { STRING_FORM } from './format.ts';
import { lzfDecompress } from './lzf.ts';
import { RdbError } from './rdb-error.ts';

/** Where more bytes come from when those at hand are used up. @returns bytes put into the buffer; 0: no more */
export type Refill = (buffer: Buffer, offset: number) => number;

const CHUNK = 1024 * 1024;

/** Reads bytes in RDB's terms, from a buffer or, piece by piece, from a file. Any end that comes too early throws. */
export class ByteSource {
  private buffer: Buffer;
  private at = 0;
  private end: number;
  private before = 0;
  private summed = 0;
  private readonly crc = new Crc64();
  private readonly refill: Refill | undefined;
  private readonly total: number;

  private constructor(buffer: Buffer, end: number, total: number, refill?: Refill) {
    this.buffer = buffer;
    this.end = end;
    this.total = total;
    this.refill = refill;
  }

  static of(bytes: Buffer): ByteSource {
    return new ByteSource(bytes, bytes.length, bytes.length);
  }

  /** @param total bytes that the file has: a length that promises more is damaged, and nothing is set aside for it */
  static from(total: number, refill: Refill): ByteSource {
    return new ByteSource(Buffer.allocUnsafeSlow(Math.min(CHUNK, total)), 0, total, refill);
  }

  /** Bytes read so far. */
  get position(): number {
    return this.before + this.at;
  }
  get atEnd(): boolean {
    return this.position >= this.total;
  }

  /** The checksum of everything read so far. */
  checksum(): bigint {
    this.crc.update(this.buffer, this.summed, this.at);
    this.summed = this.at;
    return this.crc.value;
  }

  byte(): number {
    if (this.at === this.end) this.need(1);
    return this.buffer[this.at++]!;
  }

  uint16(): number {
    return this.fixed(2).readUInt16LE(this.at - 2);
  }
  uint32(): number {
    return this.fixed(4).readUInt32LE(this.at - 4);
  }
  /** 1 to 6 bytes, the lowest first. */
  signed(bytes: number): number {
    return this.fixed(bytes).readIntLE(this.at - bytes, bytes);
  }
  int64(): bigint {
    return this.fixed(8).readBigInt64LE(this.at - 8);
  }
  uint64(): bigint {
    return this.fixed(8).readBigUInt64LE(this.at - 8);
  }
  double(): number {
    return this.fixed(8).readDoubleLE(this.at - 8);
  }
  uint32BigEndian(): number {
    return this.fixed(4).readUInt32BE(this.at - 4);
  }

  /** A byte string as it is, `length` bytes of it. */
  raw(length: number): string {
    return this.fixed(length).latin1Slice(this.at - length, this.at);
  }

  /** The next bytes; to be used before anything else is read. */
  bytes(length: number): Buffer {
    return this.fixed(length).subarray(this.at - length, this.at);
  }

  skip(length: number): void {
    this.fixed(length);
  }

  /** See ByteSink.size. @throws RdbError when a string form stands here */
  size(): number {
    const size = this.sizeOrForm();
    if (size < 0) throw new RdbError('a length was expected');
    return size;
  }

  /** A length, or -1 minus a string form. */
  private sizeOrForm(): number {
    const first = this.byte();
    switch (first >> 6) {
      case 0:
        return first;
      case 1:
        return ((first & 0x3f) << 8) | this.byte();
      case 3:
        return -1 - (first & 0x3f);
    }
    if (first === 0x80) return this.uint32BigEndian();
    if (first === 0x81) return Number(this.fixed(8).readBigUInt64BE(this.at - 8));
    throw new RdbError(`Unknown length encoding ${first & 0x3f} in rdbLoadLen()`);
  }

  /** See ByteSink.string. */
  string(): string {
    const size = this.sizeOrForm();
    if (size >= 0) return this.raw(size);
    const form = -1 - size;
    switch (form) {
      case STRING_FORM.int8:
        return String(this.signed(1));
      case STRING_FORM.int16:
        return String(this.signed(2));
      case STRING_FORM.int32:
        return String(this.signed(4));
      case STRING_FORM.lzf:
        return this.decompressed();
    }
    throw new RdbError(`Unknown RDB string encoding type ${form}`);
  }

  private decompressed(): string {
    const compressedLength = this.size();
    const length = this.size();
    const bytes = length <= MAX_STRING ? lzfDecompress(this.bytes(compressedLength), length) : undefined;
    if (!bytes) throw new RdbError('Invalid LZF compressed string');
    return bytes.toString('latin1');
  }

  private fixed(length: number): Latin1Buffer {
    if (this.end - this.at < length) this.need(length);
    this.at += length;
    return this.buffer as Latin1Buffer;
  }

  /** Makes `length` bytes stand together in the buffer. */
  private need(length: number): void {
    if (!(length <= this.total - this.position) || !this.refill) throw new UnexpectedEnd();
    if (length > MAX_STRING)
      throw new RdbError(`a string of ${length} bytes is longer than this server can hold`);
    this.checksum();
    const left = this.end - this.at;
    const target = length > this.buffer.length ? Buffer.allocUnsafeSlow(length) : this.buffer;
    this.buffer.copy(target, 0, this.at, this.end);
    this.before += this.at;
    this.buffer = target;
    this.at = 0;
    this.summed = 0;
    this.end = left;
    while (this.end < length) {
      const more = this.refill(this.buffer, this.end);
      if (more === 0) throw new UnexpectedEnd();
      this.end += more;
    }
  }
}

class UnexpectedEnd extends RdbError {
  constructor() {
    super('Unexpected EOF reading RDB file');
  }
}

/** Node's own slice, without the checks of toString around it. */
type Latin1Buffer = Buffer & { latin1Slice(start: number, end: number): string };
