import { constants } from 'node:buffer';

/**
 * The longest string that is kept: what V8 can hold, less room for what surrounds it in a reply or a file.
 * A little below the 512 MB of other servers.
 */
export const MAX_STRING = constants.MAX_STRING_LENGTH - 1024 ** 2;

/** A chunk takes no more text once it is this long. */
const CHUNK = 16 * 1024 ** 2;

/** Byte strings in the order they came, as few chunks, none of which gets too long for V8. */
export class ByteQueue {
  private full: string[] = [];
  private fullLength = 0;
  private tail = '';

  get length(): number {
    return this.fullLength + this.tail.length;
  }

  add(text: string): void {
    if (this.tail.length + text.length > CHUNK && this.tail !== '') {
      this.full.push(this.tail);
      this.fullLength += this.tail.length;
      this.tail = text;
    } else {
      this.tail += text;
    }
  }

  chunks(): string[] {
    return this.tail === '' ? this.full : [...this.full, this.tail];
  }

  clear(): void {
    if (this.fullLength > 0) {
      this.full = [];
      this.fullLength = 0;
    }
    this.tail = '';
  }
}
