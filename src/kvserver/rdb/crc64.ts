/**
 * CRC-64 as RDB files and DUMP payloads carry it ("Jones"): polynomial ad93d23594c935a9, bits reflected, start
 * and end 0. The checksum of "123456789" is e9c6d914c4b8d9ca. Kept in two 32-bit halves, because BigInt would
 * be some fifty times slower.
 * Source: D. T. Jones, "An improved 64-bit cyclic redundancy check for protein sequences", 2002.
 */
export class Crc64 {
  private low = 0;
  private high = 0;

  /** Takes in the bytes from `start` up to `end`. */
  update(bytes: Uint8Array, start: number, end: number): void {
    let { low, high } = this;
    for (let i = start; i < end; i++) {
      const entry = ((low ^ bytes[i]!) & 0xff) << 1;
      low = ((low >>> 8) | (high << 24)) ^ TABLE[entry]!;
      high = (high >>> 8) ^ TABLE[entry + 1]!;
    }
    this.low = low;
    this.high = high;
  }

  get value(): bigint {
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0);
  }
}

/** Low and high half for each byte, side by side. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  // The polynomial with its bits in reverse order.
  const polynomial = 0x95ac9329ac4bc9b5n;
  const table = new Int32Array(512);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    table[byte * 2] = Number(BigInt.asIntN(32, crc));
    table[byte * 2 + 1] = Number(BigInt.asIntN(32, crc >> 32n));
  }
  return table;
}

export function crc64(bytes: Uint8Array, start = 0, end = bytes.length): bigint {
  const crc = new Crc64();
  crc.update(bytes, start, end);
  return crc.value;
}
