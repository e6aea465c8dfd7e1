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
    this.column[slot] = value;
  }

  /** @returns true when the name is new */
  set(name: string, value: V): boolean {
    const slot = this.slotOf(name);
    if (slot >= 0) {
      this.column[slot] = value;
      return false;
    }
    this.append(name);
    this.column.push(value);
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

  protected override moved(from: number, to: number): void {
    this.column[to] = this.column[from]!;
  }

  protected override dropLast(): void {
    this.column.pop();
  }
}
