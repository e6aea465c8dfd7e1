import { hashOf } from './hash.ts';

const SMALLEST = 8;
/** From so many elements on a table grows little by little: all at once would take tens of milliseconds. */
const GRADUAL = 1 << 16;
/** Places of the old table that each change moves; two would do to be done before the next growth. */
const MOVED_PLACES = 32;

/**
 * A set of byte strings that are numbered without gaps: 0 … size-1.
 *
 * The numbers ("slots") make three things cheap that a JavaScript Map cannot do: a random element, a bounded
 * sample, and an iteration that survives change. Removing an element moves the last one into its slot, so an
 * element only ever moves DOWN. `scan` walks from the top down; what it has not visited yet lies below its
 * cursor and can only move further down. Hence Redis's promise holds with a cursor that needs no memory in the
 * server: whatever is there from the start to the end of an iteration is returned at least once.
 *
 * Lookup is open addressing with linear probing in a table of pairs (hash, slot + 1; the second is 0 in an empty
 * place), at most half full. A pair lies in one cache line, so a lookup touches the table, then the name, and
 * nothing else. Average O(1). Removal shifts the rest of the probe run back instead of leaving tombstones
 * (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R).
 *
 * A large table grows without a pause: the old table stays, unchanged, for what the new one does not hold yet, and
 * each change moves a few places. What has been removed or moved meanwhile leaves a pair in the old table that no
 * longer fits its slot; it is told by the name in that slot.
 */
export class DenseIndex {
  protected names: string[] = [];
  /** Bytes of all names together. */
  nameBytes = 0;
  /** At 2 × place: the hash. At 2 × place + 1: slot + 1. */
  private pairs = new Int32Array(SMALLEST * 4);
  /** Number of places, less one; a power of two less one. */
  private mask = SMALLEST * 2 - 1;
  /** The table before the growth that is going on, and how far it has been moved. */
  private old: Int32Array | undefined;
  private oldAt = 0;

  get size(): number {
    return this.names.length;
  }

  /** How many places the table has. */
  get places(): number {
    return this.mask + 1;
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
    const { pairs, mask, names } = this;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = pairs[2 * at + 1]! - 1;
      if (slot < 0) return this.old === undefined ? -1 : this.slotInOld(this.old, hash, name);
      if (pairs[2 * at] === hash && names[slot] === name) return slot;
    }
  }

  private slotInOld(old: Int32Array, hash: number, name: string): number {
    const mask = old.length / 2 - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = old[2 * at + 1]! - 1;
      if (slot < 0 || (old[2 * at] === hash && this.names[slot] === name)) return slot;
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
    if (slot * 2 > this.mask) this.resize(slot * 2);
    this.names.push(name);
    this.nameBytes += name.length;
    this.place(hashOf(name), slot);
    if (this.old) this.moveSome(this.old, MOVED_PLACES);
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
    this.emptyPlace(this.placeOf(slot));
    this.nameBytes -= this.names[slot]!.length;
    const last = this.names.length - 1;
    if (slot !== last) {
      this.pairs[2 * this.placeOf(last) + 1] = slot + 1;
      this.names[slot] = this.names[last]!;
      this.moved(last, slot);
    }
    this.names.pop();
    this.dropLast();
    if (this.old) this.moveSome(this.old, MOVED_PLACES);
    // Far too large now: give memory back, but not so much that the next few additions take it again.
    if (last * 16 < this.mask && this.mask >= SMALLEST * 2) this.resize((this.mask + 1) / 8);
  }

  clear(): void {
    this.names.length = 0;
    this.nameBytes = 0;
    this.pairs = new Int32Array(SMALLEST * 4);
    this.mask = SMALLEST * 2 - 1;
    this.old = undefined;
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
    this.nameBytes = other.nameBytes;
    this.pairs = other.pairs.slice();
    this.mask = other.mask;
    // Nobody changes an old table.
    this.old = other.old;
    this.oldAt = other.oldAt;
  }

  /** For subclasses that keep a column beside the names. */
  protected moved(_from: number, _to: number): void {}
  protected dropLast(): void {}

  /** The place of an element in the new table, which it is moved to if it was not there yet. */
  private placeOf(slot: number): number {
    const { pairs, mask } = this;
    const hash = hashOf(this.names[slot]!);
    let at = hash & mask;
    while (pairs[2 * at + 1] !== slot + 1) {
      if (pairs[2 * at + 1] === 0) {
        pairs[2 * at] = hash;
        pairs[2 * at + 1] = slot + 1;
        break;
      }
      at = (at + 1) & mask;
    }
    return at;
  }

  private moveSome(old: Int32Array, places: number): void {
    const end = Math.min(old.length, this.oldAt + 2 * places);
    for (let at = this.oldAt; at < end; at += 2) {
      const slot = old[at + 1]! - 1;
      // Whatever lies in the slot now belongs into the new table; placeOf sees to that.
      if (slot >= 0 && slot < this.names.length) this.placeOf(slot);
    }
    this.oldAt = end;
    if (end === old.length) this.old = undefined;
  }

  private place(hash: number, slot: number): void {
    const { pairs, mask } = this;
    let at = hash & mask;
    while (pairs[2 * at + 1] !== 0) at = (at + 1) & mask;
    pairs[2 * at] = hash;
    pairs[2 * at + 1] = slot + 1;
  }

  private emptyPlace(hole: number): void {
    const { pairs, mask } = this;
    let gap = hole;
    for (let at = (gap + 1) & mask; pairs[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const home = pairs[2 * at]! & mask;
      // Movable when its home does not lie cyclically within (gap, at].
      if (((at - home) & mask) >= ((at - gap) & mask)) {
        pairs[2 * gap] = pairs[2 * at]!;
        pairs[2 * gap + 1] = pairs[2 * at + 1]!;
        gap = at;
      }
    }
    pairs[2 * gap + 1] = 0;
  }

  /** Makes the table fit a number of elements, with twice as many places. */
  private resize(elements: number): void {
    if (this.old) this.moveSome(this.old, this.old.length);
    const old = this.pairs;
    const places = Math.max(SMALLEST, elements) * 2;
    this.pairs = new Int32Array(places * 2);
    this.mask = places - 1;
    if (elements > GRADUAL && 2 * places > old.length) {
      this.old = old;
      this.oldAt = 0;
      return;
    }
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== 0) this.place(old[at]!, old[at + 1]! - 1);
    }
  }
}
