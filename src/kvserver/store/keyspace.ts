import { CommandError } from '../command-error.ts';
import type { KeyEvent } from '../notifications.ts';
import type { AccessClock } from './access-clock.ts';
import { DenseMap } from './dense-map.ts';
import { KeyTable } from './key-table.ts';
import { EXPIRY_BYTES } from './memory.ts';
import { type AggregateValue, HashValue, ListValue, SetValue, SortedSetValue, type Value } from './values.ts';

/** What a keyspace needs of the server around it. */
export interface KeyspaceHost {
  /** Epoch milliseconds, the same for everything in one command. */
  readonly now: number;
  /** False while a file is loaded: what has expired meanwhile is removed afterwards. */
  readonly expiring: boolean;
  /** During a pause what has expired counts as gone, but stays. */
  readonly expiryHeld: boolean;
  /** Counts snapshots: values that are older than the one being written are preserved before they change. */
  readonly snapshotEpoch: number;
  readonly accessClock: AccessClock;
  preserve(value: AggregateValue): void;
  /** When a key really expires that was given this moment. */
  expiryMoment(atMs: number): number;
  /** For the latency monitor: how long an expired key took to remove. */
  timerStart(): number;
  timerEnd(event: 'expire-del', started: number): void;
  keyRead(hit: boolean): void;
  keyChanged(db: Keyspace, key: string, event: KeyEvent): void;
  /** An event beside the change that `keyChanged` has told of. */
  keyEvent(db: Keyspace, key: string, event: KeyEvent): void;
  /** A key holds something new: somebody may be waiting for it. */
  keyAppeared(db: Keyspace, key: string): void;
  keyExpired(db: Keyspace, key: string): void;
}

/**
 * One numbered database: keys, their values, and the moments at which keys expire.
 *
 * Commands read with `read`, change with `writable`, `set`, `put` or `delete`, and say what they changed with
 * `changed`. A key whose time has come is gone for every one of them (lazy expiry), whether or not the
 * background cycle has met it yet.
 */
export class Keyspace {
  readonly id: number;
  table: KeyTable;
  /** Key → epoch milliseconds. */
  expires = new DenseMap<number>();
  private readonly host: KeyspaceHost;

  constructor(id: number, host: KeyspaceHost) {
    this.id = id;
    this.host = host;
    this.table = new KeyTable(host.accessClock);
  }

  get size(): number {
    return this.table.size;
  }

  /** Bytes of everything that is stored; see memory.ts. */
  get bytes(): number {
    return this.table.bytes + this.expires.size * EXPIRY_BYTES;
  }

  /** The value for a command that only reads; counts a hit or a miss, and as a use of the key. O(1). */
  read(key: string): Value | undefined {
    const value = this.use(key);
    this.host.keyRead(value !== undefined);
    if (value === undefined) this.notify(key, 'keymiss');
    return value;
  }

  /** Whether there is a value, for a command that asks just that: a hit or a miss, but no use. O(1). */
  look(key: string): boolean {
    const there = this.has(key);
    this.host.keyRead(there);
    if (!there) this.notify(key, 'keymiss');
    return there;
  }

  private use(key: string): Value | undefined {
    if (this.expires.size > 0 && this.expireIfDue(key)) return undefined;
    return this.table.use(key);
  }

  /** When or how often an existing key was used; see AccessClock. */
  stampOf(key: string): number {
    return this.table.stampAt(this.table.slotOf(key));
  }

  /** For a key that is restored with its history. */
  setStamp(key: string, stamp: number): void {
    this.table.setStampAt(this.table.slotOf(key), stamp);
  }

  /** The value without statistics. O(1). */
  peek(key: string): Value | undefined {
    if (this.expires.size > 0 && this.expireIfDue(key)) return undefined;
    return this.table.get(key);
  }

  /**
   * The value for a command that will change it in place. While a snapshot is written, what the snapshot may
   * still read is copied for it first. O(1), or O(size) for the first change under a snapshot.
   */
  writable(key: string): Value | undefined {
    const value = this.use(key);
    if (value === undefined || typeof value === 'string') return value;
    this.table.mayChange(value);
    if (value.epoch < this.host.snapshotEpoch) this.host.preserve(value);
    return value;
  }

  /** The string under a key, for a read. @throws CommandError WRONGTYPE */
  readString(key: string): string | undefined {
    const value = this.read(key);
    if (value !== undefined && typeof value !== 'string') throw CommandError.wrongType();
    return value;
  }

  /** The string under a key, for a change. @throws CommandError WRONGTYPE */
  writableString(key: string): string | undefined {
    const value = this.use(key);
    if (value !== undefined && typeof value !== 'string') throw CommandError.wrongType();
    return value;
  }

  /** The set under a key. @throws CommandError WRONGTYPE, as all of its kind */
  readSet(key: string): SetValue | undefined {
    return expectKind(SetValue, this.read(key));
  }
  writableSet(key: string): SetValue | undefined {
    return expectKind(SetValue, this.writable(key));
  }
  readHash(key: string): HashValue | undefined {
    return expectKind(HashValue, this.read(key));
  }
  writableHash(key: string): HashValue | undefined {
    return expectKind(HashValue, this.writable(key));
  }
  readList(key: string): ListValue | undefined {
    return expectKind(ListValue, this.read(key));
  }
  writableList(key: string): ListValue | undefined {
    return expectKind(ListValue, this.writable(key));
  }
  readSortedSet(key: string): SortedSetValue | undefined {
    return expectKind(SortedSetValue, this.read(key));
  }
  writableSortedSet(key: string): SortedSetValue | undefined {
    return expectKind(SortedSetValue, this.writable(key));
  }

  /** Gives a key a new value and no expiry. O(1). */
  set(key: string, value: Value): void {
    this.put(key, value);
    if (this.expires.size > 0) this.expires.delete(key);
  }

  /** Gives a key a new value and leaves its expiry alone. O(1). */
  put(key: string, value: Value): void {
    if (typeof value !== 'string') {
      value.epoch = this.host.snapshotEpoch;
      this.host.keyAppeared(this, key);
    }
    if (this.table.set(key, value)) this.notify(key, 'new');
  }

  /** O(1); the memory is the garbage collector's affair, so nothing waits for a big value to be freed. */
  delete(key: string): boolean {
    if (this.expires.size > 0) {
      if (this.expireIfDue(key)) return false;
      this.expires.delete(key);
    }
    return this.table.delete(key);
  }

  has(key: string): boolean {
    if (this.expires.size > 0 && this.expireIfDue(key)) return false;
    return this.table.has(key);
  }

  /** Deletes an aggregate's key when its last element has gone, as every command must that removes elements. */
  deleteIfEmpty(key: string, value: AggregateValue): void {
    if (value.size === 0 && this.delete(key)) this.notify(key, 'del');
  }

  expiryOf(key: string): number | undefined {
    return this.expires.get(key);
  }

  /** Lets an existing key expire at a moment. */
  expireAt(key: string, atMs: number): void {
    this.expires.set(key, this.host.expiryMoment(atMs));
  }

  persist(key: string): boolean {
    return this.expires.delete(key);
  }

  /** Says that a command changed the key: it will be written to the append-only file, and watchers learn of it. */
  changed(key: string, event: KeyEvent): void {
    this.host.keyChanged(this, key, event);
  }

  /** Tells of a further event of the same change. */
  notify(key: string, event: KeyEvent): void {
    this.host.keyEvent(this, key, event);
  }

  /** SWAPDB. O(1). */
  swapWith(other: Keyspace): void {
    [this.table, other.table] = [other.table, this.table];
    [this.expires, other.expires] = [other.expires, this.expires];
  }

  clear(): void {
    this.table.clear();
    this.expires.clear();
  }

  /** Removes the key when its time has come. @returns true when it did */
  expireIfDue(key: string): boolean {
    const at = this.expires.get(key);
    if (at === undefined || at > this.host.now || !this.host.expiring) return false;
    if (this.host.expiryHeld) return true;
    const started = this.host.timerStart();
    this.expires.delete(key);
    this.table.delete(key);
    this.host.keyExpired(this, key);
    this.host.timerEnd('expire-del', started);
    return true;
  }
}

function expectKind<T extends AggregateValue>(kind: new () => T, value: Value | undefined): T | undefined {
  if (value === undefined || value instanceof kind) return value;
  throw CommandError.wrongType();
}
