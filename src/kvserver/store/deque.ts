const SMALLEST = 8;

/**
 * A list in a ring: the items lie in an array whose end joins its beginning, from `head` on. Both ends take and
 * give in O(1), any index is found in O(1), and only a change in the middle moves items, at most half of them.
 */
export class Deque {
  private ring: (string | undefined)[] = new Array(SMALLEST);
  private head = 0;
  private count = 0;
  /** Bytes of all items together. */
  bytes = 0;

  static from(items: readonly string[]): Deque {
    const made = new Deque();
    for (const item of items) made.pushRight(item);
    return made;
  }

  get length(): number {
    return this.count;
  }

  /** @param index 0 … length-1 */
  at(index: number): string | undefined {
    return index < 0 || index >= this.count
      ? undefined
      : this.ring[(this.head + index) & (this.ring.length - 1)];
  }

  /** Replaces an item that is there. */
  replace(index: number, item: string): void {
    const at = (this.head + index) & (this.ring.length - 1);
    this.bytes += item.length - this.ring[at]!.length;
    this.ring[at] = item;
  }

  pushLeft(item: string): void {
    if (this.count === this.ring.length) this.resize(this.count * 2);
    this.head = (this.head - 1) & (this.ring.length - 1);
    this.ring[this.head] = item;
    this.bytes += item.length;
    this.count++;
  }

  pushRight(item: string): void {
    if (this.count === this.ring.length) this.resize(this.count * 2);
    this.ring[(this.head + this.count) & (this.ring.length - 1)] = item;
    this.bytes += item.length;
    this.count++;
  }

  popLeft(): string | undefined {
    if (this.count === 0) return undefined;
    const item = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    this.bytes -= item!.length;
    this.shrink();
    return item;
  }

  popRight(): string | undefined {
    if (this.count === 0) return undefined;
    this.count--;
    const at = (this.head + this.count) & (this.ring.length - 1);
    const item = this.ring[at];
    this.ring[at] = undefined;
    this.bytes -= item!.length;
    this.shrink();
    return item;
  }

  /** Puts an item before the one at `index`; at the end when index is the length. */
  insert(index: number, item: string): void {
    if (index * 2 < this.count) {
      this.pushLeft(item);
      for (let i = 0; i < index; i++) this.replace(i, this.at(i + 1)!);
    } else {
      this.pushRight(item);
      for (let i = this.count - 1; i > index; i--) this.replace(i, this.at(i - 1)!);
    }
    this.replace(index, item);
  }

  remove(index: number): void {
    if (index * 2 < this.count) {
      for (let i = index; i > 0; i--) this.replace(i, this.at(i - 1)!);
      this.popLeft();
    } else {
      for (let i = index; i < this.count - 1; i++) this.replace(i, this.at(i + 1)!);
      this.popRight();
    }
  }

  /** The items from `start` to `end`, both included. */
  slice(start: number, end: number): string[] {
    const items: string[] = [];
    for (let i = Math.max(0, start); i <= end && i < this.count; i++) items.push(this.at(i)!);
    return items;
  }

  toArray(): string[] {
    return this.slice(0, this.count - 1);
  }

  clone(): Deque {
    const copy = new Deque();
    copy.ring = this.ring.slice();
    copy.head = this.head;
    copy.count = this.count;
    copy.bytes = this.bytes;
    return copy;
  }

  private shrink(): void {
    if (this.ring.length > SMALLEST && this.count * 8 < this.ring.length) this.resize(this.ring.length / 4);
  }

  private resize(capacity: number): void {
    const items = this.toArray();
    items.length = Math.max(SMALLEST, capacity);
    this.ring = items;
    this.head = 0;
  }
}
