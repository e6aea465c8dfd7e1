/** Text is gathered up to here, then turned into bytes: short pieces together, long ones by themselves. */
const GATHERED = 16 * 1024;
const SMALLEST = 64 * 1024;
/** More than this is not kept for the next time. */
const KEPT = 4 * 1024 ** 2;
/** A block does not grow beyond this; another one is begun. */
const BLOCK = 16 * 1024 ** 2;

/**
 * What waits to be written to the append-only file: byte strings (one character a byte) in the order they came.
 * The bytes lie in one block that is used again and again, so that what a turn appends is copied once and neither
 * V8 nor the kernel has to find memory for it.
 */
export class AppendBuffer {
  private full: Buffer[] = [];
  private fullLength = 0;
  private block = Buffer.allocUnsafeSlow(SMALLEST);
  private filled = 0;
  private text = '';

  get length(): number {
    return this.fullLength + this.filled + this.text.length;
  }

  add(text: string): void {
    this.text += text;
    if (this.text.length >= GATHERED) this.settle();
  }

  /** Everything as few blocks, valid until the next change. */
  chunks(): Buffer[] {
    this.settle();
    return this.filled === 0 ? this.full : [...this.full, this.block.subarray(0, this.filled)];
  }

  clear(): void {
    this.full = [];
    this.fullLength = 0;
    this.filled = 0;
    this.text = '';
    if (this.block.length > KEPT) this.block = Buffer.allocUnsafeSlow(SMALLEST);
  }

  /** Forgets the first bytes. */
  drop(bytes: number): void {
    const rest = Buffer.concat(this.chunks()).subarray(bytes);
    this.clear();
    this.reserve(rest.length);
    this.filled = rest.copy(this.block);
  }

  private settle(): void {
    const { text } = this;
    if (text === '') return;
    this.text = '';
    this.reserve(text.length);
    this.filled += this.block.write(text, this.filled, 'latin1');
  }

  private reserve(extra: number): void {
    const wanted = this.filled + extra;
    if (wanted <= this.block.length) return;
    if (wanted > BLOCK && this.filled > 0) {
      this.full.push(this.block.subarray(0, this.filled));
      this.fullLength += this.filled;
      this.filled = 0;
      this.block = Buffer.allocUnsafeSlow(Math.max(SMALLEST, extra));
      return;
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.block.length));
    this.block.copy(larger, 0, 0, this.filled);
    this.block = larger;
  }
}
