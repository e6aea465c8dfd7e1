import * as fs from 'node:fs';
import { ByteSink } from '../rdb/byte-sink.ts';
import { type EncodeOptions, encodeRdb } from '../rdb/encode.ts';
import { writeInBackground, writeNow } from '../rdb/write-file.ts';
import { bulk, encodeRequest } from '../resp/reply.ts';
import type { FrozenDatabase, Snapshot } from '../store/snapshot.ts';
import { Appender, type AppenderHost } from './appender.ts';
import type { Disk } from './disk.ts';
import { AofFiles, type AofPlace, tryRemove } from './files.ts';
import { type LoadTarget, loadAofFile } from './loader.ts';
import type { AofPart } from './manifest.ts';
import { encodeCommands } from './rewrite.ts';

export interface AofHost extends AppenderHost {
  /** The directives aof-use-rdb-preamble and rdbcompression. */
  readonly baseAsRdb: boolean;
  readonly compressing: boolean;
  openSnapshot(): Snapshot;
  closeSnapshot(): void;
  rdbOptions(aofBase: boolean): Omit<EncodeOptions, 'checksum'>;
  /** The append-only file could not be made after all: it is off again. */
  aofGivenUp(reason: string): void;
}

const LONG_REQUEST = 1024 ** 2;

interface Collected {
  readonly dbId: number;
  readonly request: readonly string[];
}

interface Rewrite {
  readonly abort: AbortController;
  readonly startedAt: number;
  /** Before it has ended there is nothing on the disk. */
  readonly first: boolean;
  readonly done: Promise<void>;
}

/** The append-only file as a whole: loading it at start, appending to its last part, making it small again. */
export class AppendOnlyFile {
  readonly files: AofFiles;
  private readonly disk: Disk;
  private readonly host: AofHost;
  private appender: Appender | undefined;
  private selected = -1;
  private collecting: Collected[] | undefined;
  private rewrite: Rewrite | undefined;
  private closedBytes = 0;
  /** Bytes after the last rewrite, or at start: what growth is measured from. */
  baseSize = 0;
  lastRewriteOk = true;
  rewrites = 0;
  rewriteFailures = 0;
  /** A rewrite is wanted as soon as nothing else runs. */
  rewriteScheduled = false;
  /** Milliseconds; absent before the first. */
  lastRewriteMs: number | undefined;

  constructor(place: AofPlace, disk: Disk, host: AofHost) {
    this.files = new AofFiles(place);
    this.disk = disk;
    this.host = host;
  }

  get open(): boolean {
    return this.appender !== undefined;
  }
  /** For INFO and for refusing writes; absent while the append-only file is off. */
  get status(): Appender | undefined {
    return this.appender;
  }
  /** True while commands wait to be written: their replies must not go out before. */
  get waiting(): boolean {
    return this.appender !== undefined && this.appender.bufferLength > 0;
  }
  /** True while it has been switched on and does not hold the data set yet. */
  get beginning(): boolean {
    return this.rewrite?.first ?? false;
  }
  /** Bytes of all files. */
  get totalSize(): number {
    return this.appender ? this.closedBytes + this.appender.size : 0;
  }
  /** Milliseconds the running rewrite has taken so far; undefined when none runs. */
  get rewritingMs(): number | undefined {
    return this.rewrite && this.host.clock.monotonic() - this.rewrite.startedAt;
  }

  /** Reads what is on the disk. @returns the number of files */
  load(target: LoadTarget, cutTail: boolean): number {
    this.files.readManifest();
    const parts = this.files.parts();
    parts.forEach((part, index) => {
      loadAofFile(this.files.pathOf(part), target, cutTail && index === parts.length - 1);
    });
    return parts.length;
  }

  /** Opens the last increment for appending, and makes the first files when there are none. */
  start(): void {
    const { files } = this;
    files.makeDirectory();
    let { manifest } = files;
    if (!manifest.base && manifest.increments.length === 0) {
      const base = files.nextBase(this.host.baseAsRdb);
      const { sink, encoding } = this.encoder([]);
      writeNow(files.pathOf(base), sink, encoding);
      manifest = { ...manifest, base };
    }
    if (manifest.increments.length === 0) manifest = { ...manifest, increments: [files.nextIncrement()] };
    this.openIncrement(manifest.increments.at(-1)!);
    files.publish(manifest);
    files.deleteHistory();
    this.measure();
    this.baseSize = this.totalSize;
  }

  /** Asks the file system for the size of the closed files. */
  private measure(): void {
    const started = this.host.clock.monotonic();
    this.closedBytes = this.files.closedSize();
    this.host.latency('aof-fstat', this.host.clock.monotonic() - started);
  }

  private encoder(databases: readonly FrozenDatabase[]): { sink: ByteSink; encoding: Iterable<void> } {
    const { host } = this;
    const sink = new ByteSink(host.compressing);
    if (!host.baseAsRdb) return { sink, encoding: encodeCommands(databases, sink) };
    return { sink, encoding: encodeRdb(databases, sink, { ...host.rdbOptions(true), checksum: true }) };
  }

  /**
   * Makes a new base out of the data set as it is now, in the background; what is written meanwhile goes to a
   * new increment. While the append-only file is off, `switchOn` also starts it. To be called when no other
   * snapshot is open.
   * @throws Error of the file system when it cannot begin; then all is as before
   */
  startRewrite(switchOn = false): void {
    const { files, host } = this;
    this.rewriteScheduled = false;
    files.makeDirectory();
    if (!this.appender) files.readManifest();
    const startedAt = host.clock.monotonic();
    const wasOn = this.appender !== undefined;
    const increment = wasOn || switchOn ? files.nextIncrement() : undefined;
    if (increment) {
      const next = new Appender(this.disk, files.pathOf(increment), host);
      // Listed at once, for what is written to it must be found after a crash; the old base still holds.
      if (wasOn) {
        try {
          files.publish({ ...files.manifest, increments: [...files.manifest.increments, increment] });
        } catch (error) {
          next.close();
          files.discard(increment);
          throw error;
        }
      }
      this.appender?.retire();
      this.appendTo(next);
      if (wasOn) this.measure();
    }
    const copying = host.clock.monotonic();
    const snapshot = host.openSnapshot();
    host.latency('fork', host.clock.monotonic() - copying);
    const abort = new AbortController();
    const done = this.runRewrite(snapshot, increment, abort.signal, startedAt).finally(() => {
      host.closeSnapshot();
      this.rewrite = undefined;
    });
    this.rewrite = { abort, startedAt, done, first: switchOn && !wasOn };
  }

  private async runRewrite(
    snapshot: Snapshot,
    increment: AofPart | undefined,
    signal: AbortSignal,
    startedAt: number,
  ): Promise<void> {
    const { files, host } = this;
    const temporary = files.temporaryPath;
    const asRdb = host.baseAsRdb;
    try {
      const { sink, encoding } = this.encoder(snapshot.databases());
      await writeInBackground(temporary, sink, encoding, host.clock, signal);
      signal.throwIfAborted();
      const base = files.nextBase(asRdb);
      const renaming = host.clock.monotonic();
      fs.renameSync(temporary, files.pathOf(base));
      host.latency('aof-rename', host.clock.monotonic() - renaming);
      const { manifest } = files;
      const kept = increment ? [increment] : [];
      const replaced = [
        ...files.parts().filter((part) => part.name !== increment?.name),
        ...manifest.history,
      ];
      await files.publishInBackground({
        base,
        increments: kept,
        history: replaced.map((part) => ({ ...part, type: 'h' as const })),
      });
      await files.deleteHistoryInBackground();
      if (increment) this.measure();
      else this.closedBytes = 0;
      this.baseSize = this.totalSize;
      this.lastRewriteOk = true;
      this.rewrites++;
      this.rewriteFailures = 0;
      host.log(`append-only file rewritten: ${snapshot.size} keys`);
    } catch (error) {
      tryRemove(temporary);
      const listed = !increment || files.parts().some((part) => part.name === increment.name);
      if (!listed) files.discard(increment);
      if (signal.aborted) return;
      this.lastRewriteOk = false;
      this.rewriteFailures++;
      const reason = (error as Error).message;
      host.log(`the rewrite of the append-only file failed: ${reason}`);
      // Without a base the increment alone is worth nothing.
      if (!listed) {
        this.stop();
        host.aofGivenUp(reason);
      }
    } finally {
      this.lastRewriteMs = host.clock.monotonic() - startedAt;
    }
  }

  /** Adds a command, before which the database is selected when it differs from the last one. */
  append(dbId: number, request: readonly string[]): void {
    if (!this.appender) return;
    if (this.collecting) {
      this.collecting.push({ dbId, request });
      return;
    }
    if (dbId !== this.selected) {
      this.appender.append(encodeRequest(['SELECT', String(dbId)]));
      this.selected = dbId;
    }
    const length = request.reduce((sum, arg) => sum + arg.length, 0);
    if (length < LONG_REQUEST) {
      this.appender.append(encodeRequest(request));
      return;
    }
    // In pieces, for the whole may be longer than a string can be.
    this.appender.append(`*${request.length}\r\n`);
    for (const arg of request) this.appender.append(bulk(arg));
  }

  /** Adds commands that belong together: after a crash all of them are there, or none. */
  appendTogether(dbId: number, requests: readonly (readonly string[])[]): void {
    this.collect(() => {
      for (const request of requests) this.append(dbId, request);
    });
  }

  /** Runs something; what it appends is written as one transaction, or plainly when it is one command. */
  collect<T>(run: () => T): T {
    if (this.collecting) return run();
    const collected: Collected[] = [];
    this.collecting = collected;
    try {
      return run();
    } finally {
      this.collecting = undefined;
      const many = collected.length > 1;
      if (many) this.append(collected[0]!.dbId, ['MULTI']);
      for (const { dbId, request } of collected) this.append(dbId, request);
      if (many) this.append(collected.at(-1)!.dbId, ['EXEC']);
    }
  }

  /** End of a turn: see Appender. */
  flush(): void {
    this.appender?.flush();
  }

  /** Ends a running rewrite, writes and syncs what is buffered, and closes the file. */
  stop(): void {
    this.rewrite?.abort.abort();
    this.appender?.close();
    this.appender = undefined;
  }

  /** Settles when no rewrite runs any more. */
  async idle(): Promise<void> {
    await this.rewrite?.done;
  }

  private openIncrement(part: AofPart): void {
    this.appendTo(new Appender(this.disk, this.files.pathOf(part), this.host));
  }

  private appendTo(appender: Appender): void {
    this.appender = appender;
    this.selected = -1;
  }
}
