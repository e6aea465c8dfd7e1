import type { AccessClock } from './access-clock.ts';
import { DenseMap } from './dense-map.ts';
import { KEY_BYTES, valueBytes } from './memory.ts';
import type { AggregateValue, Value } from './values.ts';

const FIRST_NOTES = 16;

/**
 * The keys of a database with their values, when each was used, and the bytes of it all. A collection changes
 * without this table knowing how: whoever may change one says so (`mayChange`), and its size is looked up again
 * when the bytes are asked for.
 */
export class KeyTable extends DenseMap<Value> {
  /**
   * At 2 × slot: when the key was used. At 2 × slot + 1: the bytes of its string, 0 for a collection, which knows
   * its own. So a string can be replaced without a look at the old one, which lies anywhere in memory.
   */
  private notes = new Uint32Array(FIRST_NOTES);
  private valuesTotal = 0;
  private changing: AggregateValue[] = [];
  private readonly clock: AccessClock;

  constructor(clock: AccessClock) {
    super();
    this.clock = clock;
  }

  /** Bytes of keys and values; see memory.ts. O(number of collections changed since it was asked last). */
  get bytes(): number {
    this.settle();
    return this.size * KEY_BYTES + this.nameBytes + this.valuesTotal;
  }

  /** The value, which counts as used now. O(1). */
  use(key: string): Value | undefined {
    const slot = this.slotOf(key);
    if (slot < 0) return undefined;
    this.touch(slot);
    return this.valueAt(slot);
  }

  stampAt(slot: number): number {
    return this.notes[2 * slot]!;
  }
  setStampAt(slot: number, stamp: number): void {
    this.notes[2 * slot] = stamp;
  }

  /** The stamps as they are now, by slot: one block copy. */
  copyStamps(): (slot: number) => number {
    const notes = this.notes.slice(0, 2 * this.size);
    return (slot) => notes[2 * slot]!;
  }

  /** What the stamps mean has changed: every key counts as just made. O(N). */
  forgetUse(): void {
    const stamp = this.clock.first();
    for (let slot = 0; slot < this.size; slot++) this.notes[2 * slot] = stamp;
  }

  mayChange(value: AggregateValue): void {
    if (value.changing) return;
    value.changing = true;
    this.changing.push(value);
  }

  /** Looks the sizes of changed collections up again. To be called now and then, so that the list stays short. */
  settle(): void {
    if (this.changing.length === 0) return;
    const changed = this.changing;
    this.changing = [];
    for (const value of changed) {
      value.changing = false;
      if (value.owner !== this) continue;
      const bytes = valueBytes(value);
      this.valuesTotal += bytes - value.accounted;
      value.accounted = bytes;
    }
  }

  override clear(): void {
    super.clear();
    this.notes = new Uint32Array(FIRST_NOTES);
    this.valuesTotal = 0;
    this.changing = [];
  }

  override removeAt(slot: number): void {
    this.release(slot, this.valueAt(slot)!);
    super.removeAt(slot);
    const { length } = this.notes;
    if (length > FIRST_NOTES && this.size * 8 < length) {
      this.notes = this.notes.slice(0, Math.max(FIRST_NOTES, length / 4));
    }
  }

  protected override added(slot: number, value: Value): void {
    if (2 * slot >= this.notes.length) {
      const larger = new Uint32Array(this.notes.length * 2);
      larger.set(this.notes);
      this.notes = larger;
    }
    this.notes[2 * slot] = this.clock.first();
    this.adopt(slot, value);
  }

  protected override replaced(slot: number, before: Value, value: Value): void {
    this.touch(slot);
    this.release(slot, before);
    this.adopt(slot, value);
  }

  protected override moved(from: number, to: number): void {
    super.moved(from, to);
    this.notes[2 * to] = this.notes[2 * from]!;
    this.notes[2 * to + 1] = this.notes[2 * from + 1]!;
  }

  private touch(slot: number): void {
    this.notes[2 * slot] = this.clock.used(this.notes[2 * slot]!);
  }

  private adopt(slot: number, value: Value): void {
    const bytes = valueBytes(value);
    this.valuesTotal += bytes;
    if (typeof value === 'string') {
      this.notes[2 * slot + 1] = bytes;
      return;
    }
    this.notes[2 * slot + 1] = 0;
    value.owner = this;
    value.accounted = bytes;
    // It was made by a command that goes on filling it.
    value.changing = true;
    this.changing.push(value);
  }

  private release(slot: number, value: Value): void {
    const bytes = this.notes[2 * slot + 1]!;
    if (bytes > 0) this.valuesTotal -= bytes;
    else if (typeof value !== 'string') {
      this.valuesTotal -= value.accounted;
      value.owner = undefined;
    }
  }
}
