import { BETWEEN_STRETCHES, type CallCount, type Census, type SyncCount } from '../core/census.ts';
import { type StraceItem, StraceReader } from './strace.ts';
import { CensusReader, type KeptLine } from './strace-census.ts';
import { BLOCK_BYTES, BUCKETS, FIRST, LAST, LONGEST_SYNC, SKIPPED, SYNC } from './strace-kernel/layout.ts';
import { type Kernel, plainKernel, simdKernel } from './strace-kernel.ts';
import { type Stretch, StretchSampler } from './strace-sample.ts';
import { bucketUs, type Tally } from './strace-tally.ts';

/** What was read of a log that is too long to rebuild every call. */
export interface LargeLog {
  readonly census: Census;
  /** The calls of the stretches, with gaps between them; lines are those of the whole log. */
  readonly items: readonly StraceItem[];
}

/**
 * Reads a log of any size in a fixed amount of memory: every line is counted, some stretches are kept.
 * Fill `room`, then call pushed(); finish() gives the result. Never throws on odd input.
 */
export class LargeLogReader {
  private readonly reader: CensusReader;
  private readonly sampler = new StretchSampler();
  private readonly kept = new Map<number, KeptLine[]>();
  private filled = 0;
  private bytes = 0;

  constructor(private readonly kernel: Kernel = simdKernel() ?? plainKernel()) {
    this.reader = new CensusReader(kernel);
  }

  /** Where the next bytes of the log go. */
  get room(): Uint8Array {
    return this.kernel.bytes.subarray(BLOCK_BYTES + this.filled);
  }

  get lines(): number {
    return this.reader.tally.lines;
  }

  /** So many bytes were put into `room`. */
  pushed(length: number): void {
    this.filled += length;
    this.bytes += length;
    if (this.filled === BLOCK_BYTES) this.block();
  }

  /** Ends the line that is under way: another log follows. */
  endLog(): void {
    this.block();
    this.reader.endLine();
  }

  finish(): LargeLog {
    this.endLog();
    const stretches = this.sampler.chosen();
    const items = this.read(stretches);
    const calls = items.filter((item) => item.kind === 'syscall').length;
    return {
      items,
      census: censusOf(this.reader, this.bytes, { stretches: stretches.length, calls }),
    };
  }

  private block(): void {
    if (this.filled === 0) return;
    const { from, to, ...counts } = this.reader.push(this.filled);
    if (this.sampler.offer(counts, Buffer.from(this.kernel.bytes.buffer, from, to - from))) {
      this.kept.set(counts.line, [...this.reader.opened.values()].flat());
    }
    this.reader.makeRoom();
    this.filled = 0;
  }

  private read(stretches: readonly Stretch[]): StraceItem[] {
    const items: StraceItem[] = [];
    let done = 0;
    for (const { line, lines, bytes } of stretches) {
      const isNew = (each: KeptLine) => each.line > done && each.line < line;
      const before = [...this.reader.forks, ...(this.kept.get(line) ?? [])].filter(isNew);
      for (const item of readLines(before.sort((a, b) => a.line - b.line))) items.push(withoutTime(item));
      if (line > done + 1) items.push(gapBefore(line));
      const reader = new StraceReader(line);
      reader.feedAll(bytes.toString('utf8'));
      for (const item of reader.items) items.push(item);
      done = line + lines - 1;
    }
    if (done < this.reader.tally.lines) items.push(gapBefore(this.reader.tally.lines));
    return items;
  }
}

function gapBefore(line: number): StraceItem {
  return { kind: 'trace-event', event: 'gap', line, text: '...', detail: BETWEEN_STRETCHES };
}

function readLines(lines: readonly KeptLine[]): StraceItem[] {
  const reader = new StraceReader();
  for (const { line, text } of lines) {
    reader.at(line);
    reader.feed(text);
  }
  return reader.items;
}

/** A line that is read for the descriptor it names says nothing of the time between the stretches. */
function withoutTime(item: StraceItem): StraceItem {
  const {
    startUs: _startUs,
    durationUs: _durationUs,
    ...rest
  } = item as StraceItem & { durationUs?: number };
  return rest as StraceItem;
}

function censusOf(reader: CensusReader, bytes: number, detail: Census['detail']): Census {
  const { tally } = reader;
  const byName = tally.names.list
    .map((name, id): CallCount => {
      const isTimed = tally.timedByName[id]! > 0;
      return {
        name,
        calls: tally.callsByName[id]!,
        ...(isTimed ? { seconds: tally.usByName[id]! / 1e6 } : {}),
        errors: tally.errorsByName[id]!,
      };
    })
    .sort((a, b) => b.calls - a.calls);
  const { times } = tally;
  const spanUs = times[LAST]! - times[FIRST]! - times[SKIPPED]!;
  const syncs = syncsOf(tally);
  return {
    bytes,
    lines: tally.lines,
    calls: tally.callsByName.reduce((sum, each) => sum + each, 0),
    byName,
    threads: tally.tids.length,
    ...(syncs ? { syncs } : {}),
    ...(spanUs > 0 ? { seconds: spanUs / 1e6 } : {}),
    unfinished: reader.unfinished,
    unread: tally.unread,
    problems: tally.problems,
    detail,
  };
}

function syncsOf({ syncs, syncBuckets, times }: Tally): SyncCount | undefined {
  if (syncs === 0) return undefined;
  const maxUs = times[LONGEST_SYNC]!;
  const quantile = (q: number): number => {
    let left = Math.max(1, Math.ceil(q * syncs));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= syncBuckets[bucket]!;
      if (left <= 0) return Math.min(maxUs, bucketUs(bucket));
    }
    return maxUs;
  };
  return { calls: syncs, seconds: times[SYNC]! / 1e6, p50Us: quantile(0.5), p99Us: quantile(0.99), maxUs };
}
