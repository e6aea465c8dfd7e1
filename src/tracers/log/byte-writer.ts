/** Text as bytes, one character a byte, without a string for each piece of it. */
export class ByteWriter {
  private bytes: Buffer;
  private used = 0;

  constructor(capacity = 1 << 20) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.used;
  }

  /** Makes room for so many more bytes. Nothing below checks again. */
  reserve(bytes: number): void {
    if (this.used + bytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.used + bytes));
    this.bytes.copy(grown, 0, 0, this.used);
    this.bytes = grown;
  }

  byte(code: number): void {
    this.bytes[this.used++] = code;
  }

  /** A constant piece of text. */
  text(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; at++) this.bytes[this.used++] = piece[at]!;
  }

  /** A whole number up to 2^53. */
  integer(value: number): void {
    if (value < 0) {
      this.byte(45);
      this.integer(-value);
      return;
    }
    let digits = 1;
    for (let limit = 10; value >= limit && digits < 17; limit *= 10) digits++;
    this.padded(value, digits);
  }

  /** The last `digits` digits of a whole number, with zeros in front. */
  padded(value: number, digits: number): void {
    let rest = value;
    for (let at = this.used + digits - 1; at >= this.used; at--) {
      const tenth = Math.floor(rest / 10);
      this.bytes[at] = 48 + (rest - tenth * 10);
      rest = tenth;
    }
    this.used += digits;
  }

  /** Microseconds as seconds: "1700000000.123456". */
  seconds(microseconds: number): void {
    const whole = Math.floor(microseconds / 1e6);
    this.integer(whole);
    this.byte(46);
    this.padded(microseconds - whole * 1e6, 6);
  }

  /** A number of 64 bits, given in two halves: 0x7ffd1c3b2a10, and 0 for zero. */
  hex(low: number, high: number): void {
    this.byte(48);
    if (low === 0 && high === 0) return;
    this.byte(120);
    let shown = false;
    for (let at = 15; at >= 0; at--) {
      const digit = ((at >= 8 ? high : low) >>> ((at & 7) * 4)) & 15;
      if (digit === 0 && !shown) continue;
      shown = true;
      this.byte(digit < 10 ? 48 + digit : 87 + digit);
    }
  }

  /** Bytes between quotes with strace's escapes; what cannot be printed becomes three octal digits. */
  quoted(source: Uint8Array, from: number, length: number): void {
    const { bytes } = this;
    let used = this.used;
    bytes[used++] = 34;
    for (let at = from; at < from + length; at++) {
      const code = source[at]!;
      const letter = ESCAPES[code]!;
      if (letter === PLAIN) {
        bytes[used++] = code;
        continue;
      }
      bytes[used++] = 92;
      if (letter !== OCTAL) {
        bytes[used++] = letter;
        continue;
      }
      bytes[used++] = 48 + (code >> 6);
      bytes[used++] = 48 + ((code >> 3) & 7);
      bytes[used++] = 48 + (code & 7);
    }
    bytes[used++] = 34;
    this.used = used;
  }

  toString(): string {
    return this.bytes.toString('latin1', 0, this.used);
  }
}

const PLAIN = 0;
const OCTAL = 1;
/** For each byte: printed as it is, as three octal digits, or as a backslash and this letter. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, code) => (code >= 32 && code < 127 ? PLAIN : OCTAL));
for (const [code, letter] of Object.entries({
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  34: '"',
  92: '\\',
})) {
  ESCAPES[Number(code)] = letter.charCodeAt(0);
}
