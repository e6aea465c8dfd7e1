import { type Stats, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { LargeLog } from '../probes/strace-large.ts';
import { LargeLogReader } from '../probes/strace-large.ts';
import { type ByteSource, openSource } from './byte-source.ts';

/** Logs up to this size together are rebuilt call by call: some hundred thousand calls, a few seconds. */
export const WHOLE_LOG_BYTES = 32 * 1024 * 1024;
const PART_BYTES = 256 * 1024;
/** Signals are heard between so many bytes. */
const TURN_BYTES = 16 * 1024 * 1024;
const PROGRESS_MS = 2000;

/** Logs of system calls, one behind the other. */
export type ReadLog =
  | { readonly kind: 'whole'; readonly text: string; readonly logLines: readonly number[] }
  | ({ readonly kind: 'large'; readonly logLines: readonly number[] } & LargeLog);

export interface ReadLogOptions {
  readonly signal: AbortSignal;
  /** A line for a person, from time to time. */
  readonly progress: (line: string) => void;
  /** Above this the log is counted, and read in stretches. */
  readonly wholeBytes?: number;
}

/**
 * Reads logs from files, pipes or "-", packed or not. The memory that this takes has a limit, whatever their size.
 * @throws UserError when one cannot be read, or is given twice; the signal's reason when aborted
 */
export async function readLogs(paths: readonly string[], options: ReadLogOptions): Promise<ReadLog> {
  refuseTwice(paths);
  const reading = new Reading(options);
  for (const path of paths) {
    const source = await openSource(path, options.signal);
    try {
      await reading.source(source, path);
      for (const remark of source.remarks) options.progress(`${path}: ${remark}; what came before is read`);
    } finally {
      source.close();
    }
  }
  return reading.finish();
}

/** One file under two names counts as twice; its calls would be counted twice. @throws UserError */
function refuseTwice(paths: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const file = fileOf(path);
    const first = seen.get(file);
    if (first !== undefined) {
      const both = first === path ? `${path} is given twice` : `${path} is the same file as ${first}`;
      throw new UserError(`${both}; leave one out, or each of its calls would be counted twice.`);
    }
    seen.set(file, path);
  }
}

/** What tells files apart; the path itself for standard input, and for what cannot be looked at. */
function fileOf(path: string): string {
  if (path === '-') return path;
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch {
    return path;
  }
  return `${stat.dev}:${stat.ino}`;
}

class Reading {
  private readonly parts: Buffer[] = [];
  private readonly logLines: number[] = [];
  private size = 0;
  private sinceTurn = 0;
  private large: LargeLogReader | undefined;
  private toldAt = performance.now();

  constructor(private readonly options: ReadLogOptions) {}

  async source(source: ByteSource, path: string): Promise<void> {
    const { wholeBytes = WHOLE_LOG_BYTES } = this.options;
    // A file whose size is known need not be kept until the limit is reached.
    if (!this.large && this.size + (source.size ?? 0) > wholeBytes) this.beginLarge();
    const linesBefore = this.linesSoFar();
    let lines = 0;
    let last = 0x0a;
    for (;;) {
      let length: number;
      if (this.large) {
        const read = source.read(this.large.room);
        length = typeof read === 'number' ? read : await read;
        if (length > 0) this.large.pushed(length);
      } else {
        const part = Buffer.allocUnsafe(PART_BYTES);
        const read = source.read(part);
        length = typeof read === 'number' ? read : await read;
        if (length > 0) {
          const bytes =
            length < PART_BYTES / 2 ? Buffer.from(part.subarray(0, length)) : part.subarray(0, length);
          lines += countLines(bytes);
          last = bytes[length - 1]!;
          this.parts.push(bytes);
        }
      }
      if (length === 0) break;
      this.size += length;
      if (!this.large && this.size > wholeBytes) this.beginLarge();
      this.sinceTurn += length;
      if (this.sinceTurn >= TURN_BYTES) await this.turn(source, path);
    }
    if (this.large) {
      this.large.endLog();
      lines = this.large.lines - linesBefore;
    } else if (last !== 0x0a) {
      this.parts.push(Buffer.from('\n'));
      lines++;
    }
    this.logLines.push(lines);
  }

  finish(): ReadLog {
    const { logLines } = this;
    if (this.large) return { kind: 'large', logLines, ...this.large.finish() };
    return { kind: 'whole', logLines, text: Buffer.concat(this.parts).toString('utf8') };
  }

  private linesSoFar(): number {
    return this.logLines.reduce((sum, each) => sum + each, 0);
  }

  private beginLarge(): void {
    this.large = new LargeLogReader();
    for (const part of this.parts.splice(0)) {
      for (let from = 0; from < part.length; ) {
        const { room } = this.large;
        const length = Math.min(room.length, part.length - from);
        room.set(part.subarray(from, from + length));
        this.large.pushed(length);
        from += length;
      }
    }
  }

  /** Lets signals in, and says how far it is. */
  private async turn(source: ByteSource, path: string): Promise<void> {
    this.sinceTurn = 0;
    await nextTurn();
    if (this.options.signal.aborted) throw this.options.signal.reason;
    if (performance.now() - this.toldAt < PROGRESS_MS) return;
    this.toldAt = performance.now();
    const part = source.size ? ` (${Math.floor((this.size / source.size) * 100)} %)` : '';
    this.options.progress(`reading ${path}: ${Math.round(this.size / 1e6)} MB${part}`);
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}
