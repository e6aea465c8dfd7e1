import { DenseIndex } from './dense-index.ts';

/** A DenseIndex with a value beside each name: the hash table under the keyspace, hashes and sorted sets. */
export class DenseMap<V> extends DenseIndex {
  private column: V[] = [];

  get(name: string): V | undefined {
    const slot = this.slotOf(name);
    return slot < 0 ? undefined : this.column[slot];
  }

  valueAt(slot: number): V | undefined {
    return this.column[slot];
  }

  /** Replaces the value in a slot. */
  replaceAt(slot: number, value: V): void {
    const before = this.column[slot]!;
    this.column[slot] = value;
    this.replaced(slot, before, value);
  }

  override removeAt(slot: number): void {
    const value = this.column[slot]!;
    super.removeAt(slot);
    this.removed(value);
  }

  /** @returns true when the name is new */
  set(name: string, value: V): boolean {
    const slot = this.slotOf(name);
    if (slot >= 0) {
      this.replaceAt(slot, value);
      return false;
    }
    this.append(name);
    this.column.push(value);
    this.added(this.column.length - 1, value);
    return true;
  }

  override add(name: string): never {
    throw new Error(`a map needs a value for ${name}; call set`);
  }

  override clear(): void {
    super.clear();
    this.column.length = 0;
  }

  /** A copy of the values in slot order. */
  valuesArray(): V[] {
    return this.column.slice();
  }

  override copyFrom(other: DenseMap<V>): void {
    super.copyFrom(other);
    this.column = other.column.slice();
  }

  *entries(): Generator<[string, V]> {
    for (let slot = 0; slot < this.names.length; slot++) yield [this.names[slot]!, this.column[slot]!];
  }

  /** For subclasses that keep account of the values. */
  protected added(_slot: number, _value: V): void {}
  protected replaced(_slot: number, _before: V, _value: V): void {}
  protected removed(_value: V): void {}

  protected override moved(from: number, to: number): void {
    this.column[to] = this.column[from]!;
  }

  protected override dropLast(): void {
    this.column.pop();
  }
}

/** A map from byte strings to byte strings that knows how many bytes its values are. */
export class TextMap extends DenseMap<string> {
  /** Bytes of all values together. */
  valueBytes = 0;

  override clear(): void {
    super.clear();
    this.valueBytes = 0;
  }

  override copyFrom(other: TextMap): void {
    super.copyFrom(other);
    this.valueBytes = other.valueBytes;
  }

  protected override added(_slot: number, value: string): void {
    this.valueBytes += value.length;
  }
  protected override replaced(_slot: number, before: string, value: string): void {
    this.valueBytes += value.length - before.length;
  }
  protected override removed(value: string): void {
    this.valueBytes -= value.length;
  }
}
