import * as fs from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import { FatalError } from '../fatal-error.ts';
import { syncDirectory, syncDirectoryInBackground } from '../rdb/write-file.ts';
import {
  type AofPart,
  baseName,
  EMPTY_MANIFEST,
  incrementName,
  type Manifest,
  parseManifest,
  printManifest,
} from './manifest.ts';

export interface AofPlace {
  /** The directory of the directives `dir` and `appenddirname`. */
  readonly directory: string;
  /** The directive appendfilename. */
  readonly prefix: string;
}

/** The directory of the append-only file: its manifest, and the files the manifest names. */
export class AofFiles {
  readonly place: AofPlace;
  manifest: Manifest = EMPTY_MANIFEST;

  constructor(place: AofPlace) {
    this.place = place;
  }

  pathOf(part: AofPart): string {
    return path.join(this.place.directory, part.name);
  }

  /** Where a new base is written before it is whole. */
  get temporaryPath(): string {
    return path.join(this.place.directory, `temp-rewriteaof-bg-${process.pid}.aof`);
  }

  /** In the order in which they are loaded. */
  parts(): AofPart[] {
    return [...(this.manifest.base ? [this.manifest.base] : []), ...this.manifest.increments];
  }

  /** Bytes of all files but the last, to which is still written. */
  closedSize(): number {
    return this.parts()
      .slice(0, -1)
      .reduce((sum, part) => sum + (fs.statSync(this.pathOf(part), { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  /** Removes a file that is not listed. */
  discard(part: AofPart): void {
    tryRemove(this.pathOf(part));
  }

  makeDirectory(): void {
    fs.mkdirSync(this.place.directory, { recursive: true, mode: 0o755 });
  }

  nextBase(asRdb: boolean): AofPart {
    const seq = (this.manifest.base?.seq ?? 0) + 1;
    return { name: baseName(this.place.prefix, seq, asRdb), seq, type: 'b' };
  }

  nextIncrement(): AofPart {
    const used = [...this.manifest.increments, ...this.manifest.history].map((part) => part.seq);
    const seq = Math.max(0, ...used) + 1;
    return { name: incrementName(this.place.prefix, seq), seq, type: 'i' };
  }

  /** @throws FatalError when there is a manifest that cannot be read */
  readManifest(): void {
    const file = this.manifestPath;
    if (!fs.existsSync(file)) this.takeOver();
    if (!fs.existsSync(file)) return;
    try {
      this.manifest = parseManifest(fs.readFileSync(file, 'latin1'));
    } catch (error) {
      throw new FatalError(`${file}: ${(error as Error).message}`);
    }
    const missing = this.parts().find((part) => !fs.existsSync(this.pathOf(part)));
    if (missing) throw new FatalError(`${this.pathOf(missing)} is named in the manifest but does not exist`);
  }

  /**
   * Before version 7 the append-only file was one file beside the directory of today. It becomes the base. The
   * manifest comes last: after a crash in between, the next start finds the file moved already and goes on.
   */
  private takeOver(): void {
    const { directory, prefix } = this.place;
    const old = path.join(path.dirname(directory), prefix);
    const moved = path.join(directory, prefix);
    if (!fs.existsSync(old) && !fs.existsSync(moved)) return;
    this.makeDirectory();
    if (fs.existsSync(old)) fs.renameSync(old, moved);
    this.publish({ base: { name: prefix, seq: 1, type: 'b' }, increments: [], history: [] });
  }

  /**
   * Replaces the manifest in one step: whoever reads it finds the old list or the new one, also after a crash.
   * Call it after the files it names are there.
   */
  publish(manifest: Manifest): void {
    const temporary = `${this.manifestPath}.tmp`;
    const fd = fs.openSync(temporary, 'w', 0o644);
    try {
      fs.writeSync(fd, printManifest(manifest), null, 'latin1');
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, this.manifestPath);
    syncDirectory(this.place.directory);
    this.manifest = manifest;
  }

  /** The same by other threads. Nothing else may be published meanwhile. */
  async publishInBackground(manifest: Manifest): Promise<void> {
    const temporary = `${this.manifestPath}.tmp`;
    const handle = await open(temporary, 'w', 0o644);
    try {
      await handle.writeFile(printManifest(manifest), 'latin1');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.manifestPath);
    await syncDirectoryInBackground(this.place.directory);
    this.manifest = manifest;
  }

  /** Deletes what has been replaced. */
  deleteHistory(): void {
    if (this.manifest.history.length === 0) return;
    for (const part of this.manifest.history) fs.rmSync(this.pathOf(part), { force: true });
    this.publish({ ...this.manifest, history: [] });
  }

  /** The same by other threads: freeing a large file takes long. */
  async deleteHistoryInBackground(): Promise<void> {
    if (this.manifest.history.length === 0) return;
    for (const part of this.manifest.history) await rm(this.pathOf(part), { force: true });
    await this.publishInBackground({ ...this.manifest, history: [] });
  }

  private get manifestPath(): string {
    return path.join(this.place.directory, `${this.place.prefix}.manifest`);
  }
}

/** Removes what is of no use any more; where that fails it stays, and does no harm. */
export function tryRemove(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // The reason why it cannot be removed shows wherever it matters.
  }
}
