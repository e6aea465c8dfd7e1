import type { SyscallObservation } from '../core/observation.ts';
import { type StraceItem, StraceReader } from './strace.ts';
import type { CensusReader, KeptLine, Started } from './strace-census.ts';
import { DURATION, START } from './strace-kernel/layout.ts';

/** Reads the lines that are not in the usual form as every other log is read, and counts what it finds. */
export class SlowLines extends StraceReader {
  /** Calls that have not returned, and the numbers of their threads. */
  private readonly open = new Map<SyscallObservation, number>();
  private isAdopting = false;

  constructor(private readonly census: CensusReader) {
    super();
  }

  /** The next line may be the rest of one that a message of strace broke in two. */
  get mustSeeNext(): boolean {
    return this.isTorn;
  }

  read(text: string, line: number): void {
    this.at(line);
    this.feed(text);
  }

  /** Calls whose beginnings were counted already. */
  adopt(started: ReadonlyMap<number, Started>): void {
    this.isAdopting = true;
    for (const { text, line } of started.values()) this.read(text, line);
    this.isAdopting = false;
  }

  /** Calls that have not returned. */
  get openCalls(): number {
    return this.open.size;
  }

  protected override keep(item: StraceItem): void {
    if (item.kind !== 'syscall') {
      if (item.event === 'exited' || item.event === 'killed') this.forget(item.tid);
      return;
    }
    const { tally } = this.census;
    const id = tally.names.idFor(item.name);
    const thread = tally.threadOf(item.tid ?? -1);
    if (!this.isAdopting) {
      tally.times[START] = item.startUs ?? Number.NaN;
      tally.isInsideCall = this.open.size > 0;
      tally.begin(id, thread);
    }
    if (item.result === undefined && item.errno === undefined && item.durationUs === undefined) {
      this.forget(item.tid);
      this.open.set(item, thread);
      tally.returnedUs[thread] = Number.NaN;
    } else this.returned(item, thread, [item]);
  }

  protected override joined(started: SyscallObservation, whole: SyscallObservation): void {
    this.positions.delete(started);
    const thread = this.open.get(started);
    this.open.delete(started);
    this.returned(whole, thread ?? this.census.tally.threadOf(whole.tid ?? -1), [started, whole]);
  }

  protected override problem(base: KeptLine, reason: string): void {
    this.census.tally.problem({ line: base.line, text: base.text.slice(0, MAX_QUOTE), reason });
  }

  /** Only the last call of a thread can return. */
  private forget(tid: number | undefined): void {
    for (const call of this.open.keys()) {
      if (call.tid !== tid) continue;
      this.open.delete(call);
      this.positions.delete(call);
    }
  }

  private returned(call: SyscallObservation, thread: number, lines: readonly SyscallObservation[]): void {
    const { tally } = this.census;
    const id = tally.names.idFor(call.name);
    const failed = call.errno !== undefined;
    if (failed) tally.errorsByName[id]!++;
    if (call.durationUs !== undefined) {
      tally.times[START] = call.startUs ?? Number.NaN;
      tally.times[DURATION] = call.durationUs;
      tally.end(id, thread, failed);
    }
    if (failed) return;
    const kept = lines.map((each) => ({ line: each.resumedLine ?? each.line, text: each.text }));
    this.census.keep(id, call.tid ?? -1, call.fd ?? -1, call.result ?? -1, kept);
  }
}

const MAX_QUOTE = 2000;
