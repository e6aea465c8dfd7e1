import { hashOf } from './hash.ts';

const SMALLEST = 8;

/**
 * A set of byte strings that are numbered without gaps: 0 … size-1.
 *
 * The numbers ("slots") make three things cheap that a JavaScript Map cannot do: a random element, a bounded
 * sample, and an iteration that survives change. Removing an element moves the last one into its slot, so an
 * element only ever moves DOWN. `scan` walks from the top down; what it has not visited yet lies below its
 * cursor and can only move further down. Hence Redis's promise holds with a cursor that needs no memory in the
 * server: whatever is there from the start to the end of an iteration is returned at least once.
 *
 * Lookup is open addressing with linear probing over an Int32Array of slot+1 (0 means empty), at most half
 * full. Average O(1). Removal shifts the rest of the probe run back instead of leaving tombstones (Knuth, The
 * Art of Computer Programming, volume 3, section 6.4, algorithm R).
 */
export class DenseIndex {
  protected names: string[] = [];
  private hashes = new Int32Array(SMALLEST);
  private buckets = new Int32Array(SMALLEST * 2);
  private mask = SMALLEST * 2 - 1;

  get size(): number {
    return this.names.length;
  }

  /** The element in a slot; undefined beyond the end. */
  nameAt(slot: number): string | undefined {
    return this.names[slot];
  }

  has(name: string): boolean {
    return this.slotOf(name) >= 0;
  }

  /** The slot of an element, or -1. */
  slotOf(name: string): number {
    const hash = hashOf(name);
    const { buckets, mask, hashes, names } = this;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = buckets[at]! - 1;
      if (slot < 0) return -1;
      if (hashes[slot] === hash && names[slot] === name) return slot;
    }
  }

  /** Adds an element that may be there already. @returns true when it is new */
  add(name: string): boolean {
    if (this.slotOf(name) >= 0) return false;
    this.append(name);
    return true;
  }

  /** Adds an element that is known to be new, and returns its slot. */
  protected append(name: string): number {
    const slot = this.names.length;
    if (slot === this.hashes.length) this.resize(slot * 2);
    const hash = hashOf(name);
    this.names.push(name);
    this.hashes[slot] = hash;
    let at = hash & this.mask;
    while (this.buckets[at] !== 0) at = (at + 1) & this.mask;
    this.buckets[at] = slot + 1;
    return slot;
  }

  /** @returns true when the element was there */
  delete(name: string): boolean {
    const slot = this.slotOf(name);
    if (slot < 0) return false;
    this.removeAt(slot);
    return true;
  }

  /** Takes the element out of a slot; the last element moves into it. */
  removeAt(slot: number): void {
    this.emptyBucket(this.bucketOf(slot));
    const last = this.names.length - 1;
    if (slot !== last) {
      const at = this.bucketOf(last);
      this.buckets[at] = slot + 1;
      this.names[slot] = this.names[last]!;
      this.hashes[slot] = this.hashes[last]!;
      this.moved(last, slot);
    }
    this.names.pop();
    this.dropLast();
    if (last * 8 < this.hashes.length && this.hashes.length > SMALLEST) this.resize(this.hashes.length / 4);
  }

  clear(): void {
    this.names.length = 0;
    this.hashes = new Int32Array(SMALLEST);
    this.buckets = new Int32Array(SMALLEST * 2);
    this.mask = SMALLEST * 2 - 1;
  }

  /**
   * One page of an iteration. Start with cursor 0; go on with the cursor returned; 0 means the end.
   * Cost: `count` visits, whatever the size of the set.
   */
  scan(cursor: number, count: number, visit: (slot: number, name: string) => void): number {
    const size = this.names.length;
    let slot = cursor === 0 ? size : Math.min(cursor, size);
    for (let left = count; left > 0 && slot > 0; left--) {
      slot--;
      visit(slot, this.names[slot]!);
    }
    return slot;
  }

  /** A copy of the elements in slot order. */
  toArray(): string[] {
    return this.names.slice();
  }

  /** Becomes a copy of another index: a few block copies, no rehashing. */
  copyFrom(other: DenseIndex): void {
    this.names = other.names.slice();
    this.hashes = other.hashes.slice();
    this.buckets = other.buckets.slice();
    this.mask = other.mask;
  }

  /** For subclasses that keep a column beside the names. */
  protected moved(_from: number, _to: number): void {}
  protected dropLast(): void {}

  private bucketOf(slot: number): number {
    let at = this.hashes[slot]! & this.mask;
    while (this.buckets[at] !== slot + 1) at = (at + 1) & this.mask;
    return at;
  }

  private emptyBucket(hole: number): void {
    const { buckets, mask, hashes } = this;
    let gap = hole;
    for (let at = (gap + 1) & mask; buckets[at] !== 0; at = (at + 1) & mask) {
      const home = hashes[buckets[at]! - 1]! & mask;
      // Movable when its home does not lie cyclically within (gap, at].
      if (((at - home) & mask) >= ((at - gap) & mask)) {
        buckets[gap] = buckets[at]!;
        gap = at;
      }
    }
    buckets[gap] = 0;
  }

  private resize(capacity: number): void {
    const size = Math.max(SMALLEST, capacity);
    const hashes = new Int32Array(size);
    hashes.set(this.hashes.subarray(0, this.names.length));
    this.hashes = hashes;
    this.mask = size * 2 - 1;
    const buckets = new Int32Array(size * 2);
    for (let slot = 0; slot < this.names.length; slot++) {
      let at = hashes[slot]! & this.mask;
      while (buckets[at] !== 0) at = (at + 1) & this.mask;
      buckets[at] = slot + 1;
    }
    this.buckets = buckets;
  }
}
