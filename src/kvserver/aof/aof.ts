import * as fs from 'node:fs';
import * as path from 'node:path';
import { FatalError } from '../fatal-error.ts';
import { encodeRequest } from '../resp/reply.ts';
import type { Keyspace } from '../store/keyspace.ts';
import { Appender, type AppenderHost } from './appender.ts';
import type { Disk } from './disk.ts';
import { loadAofFile } from './loader.ts';
import {
  type AofPart,
  baseName,
  EMPTY_MANIFEST,
  incrementName,
  type Manifest,
  parseManifest,
  printManifest,
} from './manifest.ts';
import { rewriteKeyspace } from './rewrite.ts';

export interface AofPlace {
  /** The directory of the directives `dir` and `appenddirname`. */
  readonly directory: string;
  /** The directive appendfilename. */
  readonly prefix: string;
}

/** The append-only file as a whole: which files it consists of, loading them at start, appending to the last. */
export class AppendOnlyFile {
  private readonly place: AofPlace;
  private readonly disk: Disk;
  private readonly host: AppenderHost;
  private manifest: Manifest = EMPTY_MANIFEST;
  private appender: Appender | undefined;
  private selected = -1;

  constructor(place: AofPlace, disk: Disk, host: AppenderHost) {
    this.place = place;
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
  /** Bytes of all files. */
  get totalSize(): number {
    if (!this.appender) return 0;
    const closed = [this.manifest.base, ...this.manifest.increments.slice(0, -1)];
    const sizes = closed.map((part) => (part ? fs.statSync(this.pathOf(part)).size : 0));
    return sizes.reduce((sum, size) => sum + size, this.appender.size);
  }

  /** Replays what is on the disk. @returns the number of commands */
  load(run: (request: readonly string[]) => void, inTransaction: () => boolean, cutTail: boolean): number {
    this.manifest = this.readManifest();
    const parts = [...(this.manifest.base ? [this.manifest.base] : []), ...this.manifest.increments];
    let commands = 0;
    parts.forEach((part, index) => {
      if (!fs.existsSync(this.pathOf(part))) {
        throw new FatalError(`${this.pathOf(part)} is named in the manifest but does not exist`);
      }
      const counted = (request: readonly string[]) => {
        commands++;
        run(request);
      };
      loadAofFile(this.pathOf(part), {
        run: counted,
        inTransaction,
        cutTail: cutTail && index === parts.length - 1,
        log: this.host.log,
      });
    });
    return commands;
  }

  /** Opens the last increment for appending, and makes the first files when there are none. */
  start(): void {
    fs.mkdirSync(this.place.directory, { recursive: true, mode: 0o755 });
    let manifest = this.manifest;
    if (!manifest.base && manifest.increments.length === 0) {
      const base: AofPart = { name: baseName(this.place.prefix, 1), seq: 1, type: 'b' };
      fs.writeFileSync(this.pathOf(base), '');
      manifest = { ...manifest, base };
    }
    if (manifest.increments.length === 0) {
      manifest = { ...manifest, increments: [this.nextIncrement(manifest)] };
    }
    // The files first, then the list that names them.
    this.appender = new Appender(this.disk, this.pathOf(manifest.increments.at(-1)!), this.host);
    this.selected = -1;
    this.writeManifest(manifest);
    this.deleteHistory();
  }

  /** Makes the files afresh from the data set (CONFIG SET appendonly yes) and goes on from there. */
  startFrom(keyspaces: readonly Keyspace[]): void {
    fs.mkdirSync(this.place.directory, { recursive: true, mode: 0o755 });
    const old = this.readManifest();
    const seq = (old.base?.seq ?? 0) + 1;
    const base: AofPart = { name: baseName(this.place.prefix, seq), seq, type: 'b' };
    const fd = fs.openSync(this.pathOf(base), 'w', 0o644);
    try {
      for (const db of keyspaces)
        for (const piece of rewriteKeyspace(db)) fs.writeSync(fd, piece, null, 'latin1');
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    const history = [...old.history, ...(old.base ? [old.base] : []), ...old.increments];
    this.manifest = {
      base,
      increments: [this.nextIncrement(old)],
      history: history.map((part) => ({ ...part, type: 'h' as const })),
    };
    this.start();
  }

  /** Adds a command, before which the database is selected when it differs from the last one. */
  append(dbId: number, request: readonly string[]): void {
    if (!this.appender) return;
    if (dbId !== this.selected) {
      this.appender.append(encodeRequest(['SELECT', String(dbId)]));
      this.selected = dbId;
    }
    this.appender.append(encodeRequest(request));
  }

  /** End of a turn: see Appender. */
  flush(): void {
    this.appender?.flush();
  }

  /** Writes and syncs what is buffered, and closes the file. */
  stop(): void {
    this.appender?.close();
    this.appender = undefined;
  }

  private pathOf(part: AofPart): string {
    return path.join(this.place.directory, part.name);
  }

  private get manifestPath(): string {
    return path.join(this.place.directory, `${this.place.prefix}.manifest`);
  }

  private nextIncrement(manifest: Manifest): AofPart {
    const seq = Math.max(0, ...[...manifest.increments, ...manifest.history].map((part) => part.seq)) + 1;
    return { name: incrementName(this.place.prefix, seq), seq, type: 'i' };
  }

  private readManifest(): Manifest {
    if (!fs.existsSync(this.manifestPath)) return EMPTY_MANIFEST;
    try {
      return parseManifest(fs.readFileSync(this.manifestPath, 'latin1'));
    } catch (error) {
      throw new FatalError(`${this.manifestPath}: ${(error as Error).message}`);
    }
  }

  /** Replaces the manifest in one step: whoever reads it sees the old list or the new one, also after a crash. */
  private writeManifest(manifest: Manifest): void {
    const temporary = `${this.manifestPath}.tmp`;
    const fd = fs.openSync(temporary, 'w', 0o644);
    fs.writeSync(fd, printManifest(manifest), null, 'latin1');
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    fs.renameSync(temporary, this.manifestPath);
    syncDirectory(this.place.directory);
    this.manifest = manifest;
  }

  private deleteHistory(): void {
    if (this.manifest.history.length === 0) return;
    const { history, ...kept } = this.manifest;
    for (const part of history) fs.rmSync(this.pathOf(part), { force: true });
    this.writeManifest({ ...kept, history: [] });
  }
}

/** A new name in a directory survives a crash only when the directory is synced too. */
function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
