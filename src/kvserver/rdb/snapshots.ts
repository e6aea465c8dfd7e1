import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import * as path from 'node:path';
import type { Clock } from '../clock.ts';
import type { SaveRule } from '../config/save-rules.ts';
import type { LatencyEvent } from '../latency/monitor.ts';
import type { AccessClock } from '../store/access-clock.ts';
import type { Keyspace } from '../store/keyspace.ts';
import { type FrozenDatabase, liveDatabases, type Snapshot } from '../store/snapshot.ts';
import { ByteSink } from './byte-sink.ts';
import { type EncodeOptions, encodeRdb } from './encode.ts';
import { loadRdbFile } from './load-file.ts';
import { syncDirectory, syncDirectoryInBackground, writeInBackground, writeNow } from './write-file.ts';

/** The directives. */
export interface SnapshotSettings {
  readonly dir: string;
  readonly dbfilename: string;
  readonly rdbcompression: boolean;
  readonly rdbchecksum: boolean;
  readonly save: readonly SaveRule[];
}

export interface SnapshotHost {
  readonly clock: Clock;
  readonly keyspaces: readonly Keyspace[];
  readonly snapshotSettings: SnapshotSettings;
  /** Changes of the data set since the start. */
  readonly dirty: number;
  /** True while a snapshot is open, for whatever purpose. */
  readonly rewriting: boolean;
  openSnapshot(): Snapshot;
  closeSnapshot(): void;
  readonly accessClock: AccessClock;
  rdbOptions(aofBase: boolean): Omit<EncodeOptions, 'checksum'>;
  latency(event: LatencyEvent, ms: number): void;
  log(line: string): void;
}

interface Running {
  readonly abort: AbortController;
  readonly startedAt: number;
  readonly snapshot: Snapshot;
  readonly done: Promise<void>;
}

/** After a failure the save rules wait this long before they try again. */
const RETRY_MS = 5000;

/** The snapshot of the data set in a file (RDB): loading it, writing it at once or in the background. */
export class Snapshots {
  private readonly host: SnapshotHost;
  private running: Running | undefined;
  private dirtyAtSave = 0;
  private triedAt = Number.NEGATIVE_INFINITY;
  /** A background save is wanted as soon as nothing else runs. */
  scheduled = false;
  /** Epoch milliseconds; before the first save, the start. */
  lastSaveAt: number;
  lastSaveOk = true;
  /** Milliseconds; absent before the first. */
  lastSaveMs: number | undefined;
  saves = 0;
  keysLoaded = 0;
  keysExpiredAtLoad = 0;

  constructor(host: SnapshotHost) {
    this.host = host;
    this.lastSaveAt = host.clock.now();
  }

  /** Milliseconds the running background save has taken so far; undefined when none runs. */
  get savingMs(): number | undefined {
    return this.running && this.host.clock.monotonic() - this.running.startedAt;
  }
  /** How far the running background save is. */
  get progress(): { readonly done: number; readonly total: number } {
    const snapshot = this.running?.snapshot;
    return { done: snapshot?.keysRead ?? 0, total: snapshot?.size ?? 0 };
  }
  get changesSinceSave(): number {
    return this.host.dirty - this.dirtyAtSave;
  }

  private get target(): string {
    const { dir, dbfilename } = this.host.snapshotSettings;
    return path.resolve(dir, dbfilename);
  }

  private temporary(kind: string): string {
    return path.resolve(this.host.snapshotSettings.dir, `temp-${kind}${process.pid}.rdb`);
  }

  /**
   * Loads the file, if there is one.
   * @returns false when there is none
   * @throws FatalError
   */
  load(dropExpiredAt: number | undefined, merge = false): boolean {
    const { host } = this;
    const started = host.clock.monotonic();
    const loaded = loadRdbFile(this.target, {
      keyspaces: host.keyspaces,
      dropExpiredAt,
      verifyChecksum: host.snapshotSettings.rdbchecksum,
      use: host.accessClock,
      merge,
      log: (line) => host.log(line),
    });
    if (!loaded) return false;
    this.keysLoaded = loaded.keys;
    this.keysExpiredAtLoad = loaded.expired;
    const seconds = ((host.clock.monotonic() - started) / 1000).toFixed(3);
    host.log(`snapshot loaded: ${loaded.keys} keys in ${seconds} seconds`);
    return true;
  }

  /** What has been loaded needs no saving. */
  markSaved(): void {
    this.dirtyAtSave = this.host.dirty;
  }

  /** Writes the file while everybody waits. @throws Error of the file system; the old file stays then */
  saveNow(): void {
    const { host } = this;
    const temporary = this.temporary('');
    try {
      const { sink, encoding } = this.encoder(liveDatabases(host.keyspaces));
      writeNow(temporary, sink, encoding);
      fs.renameSync(temporary, this.target);
      syncDirectory(path.dirname(this.target));
    } catch (error) {
      this.removeTemporary(temporary);
      throw error;
    }
    this.succeeded(host.dirty);
  }

  /**
   * Writes the file in the background. To be called when no other snapshot is open.
   * @throws Error when the file cannot be made
   */
  startSave(): void {
    const { host } = this;
    this.scheduled = false;
    const startedAt = host.clock.monotonic();
    this.triedAt = startedAt;
    // Fails at once where it would fail later: the directory is gone, or nothing may be written there.
    const temporary = this.temporary('bg-');
    try {
      fs.closeSync(fs.openSync(temporary, 'w', 0o644));
    } catch (error) {
      this.lastSaveOk = false;
      throw error;
    }
    const snapshot = host.openSnapshot();
    host.latency('fork', host.clock.monotonic() - startedAt);
    const abort = new AbortController();
    const done = this.runSave(snapshot, temporary, host.dirty, abort.signal).finally(() => {
      host.closeSnapshot();
      this.lastSaveMs = host.clock.monotonic() - startedAt;
      this.running = undefined;
    });
    this.running = { abort, startedAt, snapshot, done };
  }

  private async runSave(
    snapshot: Snapshot,
    temporary: string,
    dirty: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { host } = this;
    try {
      const { sink, encoding } = this.encoder(snapshot.databases());
      await writeInBackground(temporary, sink, encoding, host.clock, signal);
      await replaceFile(temporary, this.target, signal);
      this.succeeded(dirty);
      host.log(`snapshot saved: ${snapshot.size} keys`);
    } catch (error) {
      this.removeTemporary(temporary);
      if (signal.aborted) return;
      this.lastSaveOk = false;
      host.log(`the background save failed: ${(error as Error).message}`);
    }
  }

  private encoder(databases: readonly FrozenDatabase[]) {
    const { rdbcompression, rdbchecksum } = this.host.snapshotSettings;
    const sink = new ByteSink(rdbcompression);
    const options = { ...this.host.rdbOptions(false), checksum: rdbchecksum };
    return { sink, encoding: encodeRdb(databases, sink, options) };
  }

  private succeeded(dirty: number): void {
    this.dirtyAtSave = dirty;
    this.lastSaveAt = this.host.clock.now();
    this.lastSaveOk = true;
    this.saves++;
  }

  /** Ends a running background save; the old file stays. */
  cancel(): void {
    this.running?.abort.abort();
  }

  private removeTemporary(file: string): void {
    const started = this.host.clock.monotonic();
    try {
      fs.rmSync(file, { force: true });
    } catch (error) {
      this.host.log(`cannot remove ${file}: ${(error as Error).message}`);
    }
    this.host.latency('rdb-unlink-temp-file', this.host.clock.monotonic() - started);
  }

  /** Settles when no background save runs any more. */
  async idle(): Promise<void> {
    await this.running?.done;
  }

  /** FLUSHALL: a snapshot of what was there must not come back. */
  afterFlushAll(): void {
    this.cancel();
    if (this.host.snapshotSettings.save.length === 0) return;
    try {
      this.saveNow();
    } catch (error) {
      this.host.log(`cannot save after FLUSHALL: ${(error as Error).message}`);
    }
  }

  /** From time to time: starts what was scheduled, and what the save rules ask for. */
  tick(): void {
    const { host } = this;
    if (host.rewriting) return;
    const rested = this.lastSaveOk || host.clock.monotonic() - this.triedAt > RETRY_MS;
    if (!rested) return;
    const rule = host.snapshotSettings.save.find(
      ({ seconds, changes }) =>
        this.changesSinceSave >= changes && host.clock.now() - this.lastSaveAt > seconds * 1000,
    );
    if (!rule && !this.scheduled) return;
    if (rule) host.log(`${rule.changes} changes in ${rule.seconds} seconds: saving`);
    try {
      this.startSave();
    } catch (error) {
      host.log(`cannot save: ${(error as Error).message}`);
    }
  }
}

/** Puts a whole file in the place of another; whoever looks finds the one or the other, also after a crash. */
async function replaceFile(from: string, to: string, signal: AbortSignal): Promise<void> {
  // Held open, the old file is not freed within rename, which could take long, but by a thread at close.
  const old = await open(to, 'r').catch(() => undefined);
  try {
    signal.throwIfAborted();
    fs.renameSync(from, to);
    await syncDirectoryInBackground(path.dirname(to));
  } finally {
    await old?.close();
  }
}
