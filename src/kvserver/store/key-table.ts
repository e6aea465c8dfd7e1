import type { AccessClock } from './access-clock.ts';
import { DenseMap } from './dense-map.ts';
import { KEY_BYTES, valueBytes } from './memory.ts';
import type { AggregateValue, Value } from './values.ts';

/**
 * The keys of a database with their values, when each was used, and the bytes of it all. A collection changes
 * without this table knowing how: whoever may change one says so (`mayChange`), and its size is looked up again
 * when the bytes are asked for.
 */
export class KeyTable extends DenseMap<Value> {
  private readonly stamps: number[] = [];
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
    this.stamps[slot] = this.clock.used(this.stamps[slot]!);
    return this.valueAt(slot);
  }

  stampAt(slot: number): number {
    return this.stamps[slot]!;
  }
  setStampAt(slot: number, stamp: number): void {
    this.stamps[slot] = stamp;
  }

  /** A copy of the stamps in slot order. */
  stampsArray(): number[] {
    return this.stamps.slice();
  }

  /** What the stamps mean has changed: every key counts as just made. O(N). */
  forgetUse(): void {
    this.stamps.fill(this.clock.first());
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
    this.stamps.length = 0;
    this.valuesTotal = 0;
    this.changing = [];
  }

  protected override added(_slot: number, value: Value): void {
    this.stamps.push(this.clock.first());
    this.adopt(value);
  }

  protected override replaced(slot: number, before: Value, value: Value): void {
    this.stamps[slot] = this.clock.used(this.stamps[slot]!);
    this.release(before);
    this.adopt(value);
  }

  protected override removed(value: Value): void {
    this.release(value);
  }

  protected override moved(from: number, to: number): void {
    super.moved(from, to);
    this.stamps[to] = this.stamps[from]!;
  }

  protected override dropLast(): void {
    super.dropLast();
    this.stamps.pop();
  }

  private adopt(value: Value): void {
    const bytes = valueBytes(value);
    this.valuesTotal += bytes;
    if (typeof value === 'string') return;
    value.owner = this;
    value.accounted = bytes;
    // It was made by a command that goes on filling it.
    value.changing = true;
    this.changing.push(value);
  }

  private release(value: Value): void {
    if (typeof value === 'string') {
      this.valuesTotal -= valueBytes(value);
      return;
    }
    this.valuesTotal -= value.accounted;
    value.owner = undefined;
  }
}
