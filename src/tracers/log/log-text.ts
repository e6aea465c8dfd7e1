import { ByteWriter } from './byte-writer.ts';
import { ascii, CallParts, type Printed, u64 } from './call-parts.ts';
import { MAX_CALLS, type WatchedCall } from './calls.ts';
import { RECORD } from './record.ts';
import type { RecordStore } from './record-store.ts';

/** A call that had not returned when the window ended. */
export interface OpenCall {
  readonly startNs: number;
  readonly tid: number;
  readonly pid: number;
  readonly number: number;
  readonly firstArgument: number;
}

export interface LogOptions {
  readonly calls: readonly WatchedCall[];
  /** Epoch minus CLOCK_MONOTONIC, in microseconds. */
  readonly epochOffsetUs: number;
  readonly open: readonly OpenCall[];
  /** The text ends before it grows longer than this. */
  readonly maxBytes: number;
}

export interface Log {
  /** As `strace -f -ttt -T` prints it, in the order in which the calls began. */
  readonly text: string;
  readonly lines: number;
  /** Thread id to process id, as the kernel said at each call. */
  readonly threads: readonly [number, number][];
  /** Calls that were seen and stand beyond `maxBytes`. */
  readonly cut: number;
}

/** Start times are sorted as numbers that hold the place of the record too: 30 bits of microseconds, 23 of index. */
const INDEX = 2 ** 23;
/** What fits beside the index: 17 minutes. */
const LATEST_US = 2 ** 30 - 1;
/** Longest line without its payload. */
const LINE_BYTES = 400;
/** Fields of a record, in 32-bit words. */
const START = RECORD.startNs / 4;
const NUMBER = RECORD.number / 4;
const SPACE = 32;

const PID = ascii('[pid ');
const PID_END = ascii('] ');
const COMMA = ascii(', ');
const EQUALS = ascii(') = ');
const DURATION = ascii(' <');
const LINE_END = ascii('>\n');
const UNFINISHED = ascii(' <unfinished ...>\n');

/**
 * Writes the records of a window as strace prints calls, so that one parser and every reader of logs understands
 * them: a call is one line where it began, flags that nobody needs are numbers, and the parts of an I/O vector are
 * joined to one.
 */
export function writeLog(store: RecordStore, options: LogOptions): Log {
  return new LogWriter(store, options).write();
}

class LogWriter {
  private readonly out = new ByteWriter(4 << 20);
  private readonly printed: (Printed | undefined)[] = new Array(MAX_CALLS);
  private readonly parts = new CallParts(this.out);
  private readonly threads = new Map<number, number>();

  constructor(
    private readonly store: RecordStore,
    private readonly options: LogOptions,
  ) {
    for (const { number, name, args, capture } of options.calls) {
      const shape = capture === 'vector' || capture === 'message' ? capture : 'plain';
      this.printed[number] = { name: ascii(`${name}(`), args, shape };
    }
  }

  write(): Log {
    const { slabs } = this.store;
    const { order, slabOf, placeOf } = this.sorted();
    const open = [...this.options.open].sort((a, b) => a.startNs - b.startNs);
    let nextOpen = 0;
    let lines = 0;
    for (const key of order) {
      const index = key % INDEX;
      const { words, bytes } = slabs[slabOf[index]!]!;
      const at = placeOf[index]!;
      if (this.out.length > this.options.maxBytes) break;
      for (const before = u64(words, at + START); nextOpen < open.length; nextOpen++, lines++) {
        if (open[nextOpen]!.startNs > before) break;
        this.openCall(open[nextOpen]!);
      }
      this.call(words, bytes, at);
      lines++;
    }
    for (; nextOpen < open.length; nextOpen++, lines++) this.openCall(open[nextOpen]!);
    const all = this.store.records + open.length;
    return { text: this.out.toString(), lines, threads: [...this.threads], cut: all - lines };
  }

  /** Where each record stands, and their indexes in the order in which the calls began. */
  private sorted(): { order: Float64Array; slabOf: Uint16Array; placeOf: Uint32Array } {
    const { slabs, records } = this.store;
    const order = new Float64Array(records);
    const slabOf = new Uint16Array(records);
    const placeOf = new Uint32Array(records);
    let firstNs = Number.POSITIVE_INFINITY;
    let index = 0;
    for (const [number, slab] of slabs.entries()) {
      this.store.forEachIn(slab, (at) => {
        const startNs = u64(slab.words, at + START);
        firstNs = Math.min(firstNs, startNs);
        order[index] = startNs;
        slabOf[index] = number;
        placeOf[index++] = at;
      });
    }
    for (index = 0; index < records; index++) {
      // A time that is far off, because a tool printed it wrong, must not push the index out of the number.
      const us = Math.min(LATEST_US, Math.floor((order[index]! - firstNs) / 1000));
      order[index] = us * INDEX + index;
    }
    return { order: order.sort(), slabOf, placeOf };
  }

  private call(words: Uint32Array, bytes: Uint8Array, at: number): void {
    const printed = this.printed[words[at + NUMBER]! & 0xffff];
    if (!printed) return;
    const { out } = this;
    const tid = words[at + RECORD.tid / 4]!;
    const startNs = u64(words, at + START);
    const payload = words[at + RECORD.payloadBytes / 4]!;
    this.threads.set(tid, words[at + RECORD.pid / 4]!);
    out.reserve(LINE_BYTES + 4 * payload);
    this.begin(tid, startNs, printed);
    for (let argument = 0; argument < printed.args.length; argument++) {
      if (argument > 0) out.text(COMMA);
      this.parts.argument(printed.args[argument]!, printed.shape, words, bytes, at, argument);
    }
    out.text(EQUALS);
    this.parts.result(words, at);
    out.text(DURATION);
    out.seconds(Math.round((u64(words, at + RECORD.endNs / 4) - startNs) / 1000));
    out.text(LINE_END);
  }

  /** As strace prints a call that was not over when it let go. */
  private openCall({ startNs, tid, pid, number, firstArgument }: OpenCall): void {
    const printed = this.printed[number];
    if (!printed) return;
    this.threads.set(tid, pid);
    this.out.reserve(LINE_BYTES);
    this.begin(tid, startNs, printed);
    if (printed.args[0] === 'fd' && firstArgument >= 0) this.out.integer(firstArgument);
    this.out.text(UNFINISHED);
  }

  private begin(tid: number, startNs: number, { name }: Printed): void {
    const { out } = this;
    out.text(PID);
    out.integer(tid);
    out.text(PID_END);
    out.seconds(Math.floor(startNs / 1000) + this.options.epochOffsetUs);
    out.byte(SPACE);
    out.text(name);
  }
}
