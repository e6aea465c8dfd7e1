import type { AccessClock } from './access-clock.ts';
import { DenseIndex } from './dense-index.ts';
import { KEY_BYTES, valueBytes } from './memory.ts';
import type { AggregateValue, Value } from './values.ts';

/** What stands behind the name in a row. */
const VALUE = 1;
const STAMP = 2;
const WIDTH = 3;

/** The rows of a table as they were at one moment. */
export class KeyRows {
  private readonly rows: readonly unknown[];

  constructor(rows: readonly unknown[]) {
    this.rows = rows;
  }
  get size(): number {
    return this.rows.length / WIDTH;
  }
  keyAt(slot: number): string {
    return this.rows[slot * WIDTH] as string;
  }
  valueAt(slot: number): Value {
    return this.rows[slot * WIDTH + VALUE] as Value;
  }
}

/**
 * The keys of a database with their values, when each was used, and the bytes of it all. The three lie in one
 * row, since a command needs them together and each place in memory that it has to look at costs it more than
 * all its arithmetic.
 *
 * A collection changes without this table knowing how: whoever may change one says so (`mayChange`), and its size
 * is looked up again when the bytes are asked for.
 */
export class KeyTable extends DenseIndex {
  private valuesTotal = 0;
  private changing: AggregateValue[] = [];
  private readonly clock: AccessClock;

  constructor(clock: AccessClock) {
    super(WIDTH);
    this.clock = clock;
  }

  /** Bytes of keys and values; see memory.ts. O(number of collections changed since it was asked last). */
  get bytes(): number {
    this.settle();
    return this.size * KEY_BYTES + this.nameBytes + this.valuesTotal;
  }

  /** The value, whose use nobody shall notice. O(1). */
  get(key: string): Value | undefined {
    const slot = this.slotOf(key);
    return slot < 0 ? undefined : this.valueAt(slot);
  }

  /** The value, which counts as used now. O(1). */
  use(key: string): Value | undefined {
    const slot = this.slotOf(key);
    if (slot < 0) return undefined;
    this.touch(slot);
    return this.valueAt(slot);
  }

  /** Gives a key a value. @returns true when the key is new */
  set(key: string, value: Value): boolean {
    const slot = this.slotOf(key);
    if (slot < 0) {
      this.append(key);
      this.rows.push(value, this.clock.first());
      this.adopt(value);
      return true;
    }
    const at = slot * WIDTH + VALUE;
    this.release(this.rows[at] as Value);
    this.rows[at] = value;
    this.touch(slot);
    this.adopt(value);
    return false;
  }

  valueAt(slot: number): Value | undefined {
    return this.rows[slot * WIDTH + VALUE] as Value | undefined;
  }
  stampAt(slot: number): number {
    return this.rows[slot * WIDTH + STAMP] as number;
  }
  setStampAt(slot: number, stamp: number): void {
    this.rows[slot * WIDTH + STAMP] = stamp;
  }

  *entries(): Generator<[string, Value]> {
    for (let slot = 0; slot < this.size; slot++) yield [this.nameAt(slot)!, this.valueAt(slot)!];
  }

  /** One block copy. */
  copyRows(): KeyRows {
    return new KeyRows(this.rows.slice());
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

  override add(key: string): never {
    throw new Error(`a key needs a value: ${key}; call set`);
  }

  override removeAt(slot: number): void {
    this.release(this.valueAt(slot)!);
    super.removeAt(slot);
  }

  override clear(): void {
    super.clear();
    this.valuesTotal = 0;
    this.changing = [];
  }

  private touch(slot: number): void {
    const at = slot * WIDTH + STAMP;
    const before = this.rows[at] as number;
    const stamp = this.clock.used(before);
    if (stamp !== before) this.rows[at] = stamp;
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
