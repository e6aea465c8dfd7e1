import { Crc64 } from './crc64.ts';
import { STRING_FORM } from './format.ts';
import { lzfCompress } from './lzf.ts';

const FIRST_SIZE = 64 * 1024;
/** Shorter strings do not get any shorter. */
const SHORTEST_COMPRESSED = 21;
/** Longer ones would hold up the event loop while they are compressed. */
const LONGEST_COMPRESSED = 256 * 1024;

/** Collects bytes that are to be written, in RDB's terms; `take` hands over what there is. */
export class ByteSink {
  private buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  private at = 0;
  private summed = 0;
  private crc: Crc64 | undefined;
  private readonly compress: boolean;

  /** @param compress long strings, as the directive rdbcompression says */
  constructor(compress: boolean) {
    this.compress = compress;
  }

  /** Bytes that have not been taken yet. */
  get length(): number {
    return this.at;
  }

  /** From here on a checksum is kept. */
  startChecksum(): void {
    this.crc = new Crc64();
    this.summed = this.at;
  }

  /** The checksum of everything so far; 0 when none is kept. */
  checksum(): bigint {
    this.crc?.update(this.buffer, this.summed, this.at);
    this.summed = this.at;
    return this.crc?.value ?? 0n;
  }

  /** The bytes so far, which then belong to the caller. */
  take(): Buffer {
    this.checksum();
    const taken = this.buffer.subarray(0, this.at);
    this.buffer = Buffer.allocUnsafeSlow(this.buffer.length);
    this.at = 0;
    this.summed = 0;
    return taken;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.at = this.buffer.writeUInt16LE(value, this.at);
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.at = this.buffer.writeBigInt64LE(value, this.at);
  }

  uint64(value: bigint): void {
    this.reserve(8);
    this.at = this.buffer.writeBigUInt64LE(value, this.at);
  }

  double(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** A byte string as it is, without its length. */
  raw(text: string): void {
    this.reserve(text.length);
    // A call into Node costs more than a loop over a few characters.
    if (text.length < 24) {
      for (let i = 0; i < text.length; i++) this.buffer[this.at++] = text.charCodeAt(i);
    } else {
      this.at += this.buffer.write(text, this.at, 'latin1');
    }
  }

  /** 00llllll, 01llllll llllllll, 10000000 and 32 bits, or 10000001 and 64 bits; the highest byte first. */
  size(value: number): void {
    this.reserve(9);
    if (value < 1 << 6) {
      this.buffer[this.at++] = value;
    } else if (value < 1 << 14) {
      this.at = this.buffer.writeUInt16BE(0x4000 | value, this.at);
    } else if (value < 2 ** 32) {
      this.buffer[this.at++] = 0x80;
      this.at = this.buffer.writeUInt32BE(value, this.at);
    } else {
      this.buffer[this.at++] = 0x81;
      this.at = this.buffer.writeBigUInt64BE(BigInt(value), this.at);
    }
  }

  /** A byte string: as an integer if it is one, else compressed if that makes it shorter, else as it is. */
  string(text: string): void {
    if (text.length <= 11 && this.integer(text)) return;
    if (this.compress && text.length >= SHORTEST_COMPRESSED && text.length <= LONGEST_COMPRESSED) {
      if (this.compressed(text)) return;
    }
    this.size(text.length);
    this.raw(text);
  }

  private integer(text: string): boolean {
    const value = smallInteger(text);
    if (value === undefined) return false;
    this.reserve(5);
    if (value >= -128 && value <= 127) {
      this.buffer[this.at++] = 0xc0 | STRING_FORM.int8;
      this.at = this.buffer.writeInt8(value, this.at);
    } else if (value >= -32_768 && value <= 32_767) {
      this.buffer[this.at++] = 0xc0 | STRING_FORM.int16;
      this.at = this.buffer.writeInt16LE(value, this.at);
    } else {
      this.buffer[this.at++] = 0xc0 | STRING_FORM.int32;
      this.at = this.buffer.writeInt32LE(value, this.at);
    }
    return true;
  }

  private compressed(text: string): boolean {
    const room = text.length - 4;
    const source = scratch(text.length * 2);
    source.write(text, 0, 'latin1');
    const target = source.subarray(text.length);
    const length = lzfCompress(source, text.length, target, room);
    if (length === 0) return false;
    this.byte(0xc0 | STRING_FORM.lzf);
    this.size(length);
    this.size(text.length);
    this.reserve(length);
    this.at += target.copy(this.buffer, this.at, 0, length);
    return true;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }
}

/** A 32-bit integer in its only spelling; undefined otherwise. */
function smallInteger(text: string): number | undefined {
  const first = text.charCodeAt(0);
  if (first !== 45 && !(first >= 48 && first <= 57)) return undefined;
  const value = Number(text);
  return (value | 0) === value && String(value) === text ? value : undefined;
}

let scratchBytes = Buffer.alloc(0);

function scratch(size: number): Buffer {
  if (scratchBytes.length < size) scratchBytes = Buffer.allocUnsafeSlow(Math.max(4096, size * 2));
  return scratchBytes;
}
