import { ByteWriter } from './byte-writer.ts';
import { type Argument, MAX_CALLS, type WatchedCall } from './calls.ts';
import { errnoName } from './errno.ts';
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
/** strace's words for a call that a signal interrupted, and that the kernel will begin again: linux/errno.h. */
const RESTARTS: Readonly<Record<number, string>> = {
  512: 'ERESTARTSYS',
  513: 'ERESTARTNOINTR',
  514: 'ERESTARTNOHAND',
  516: 'ERESTART_RESTARTBLOCK',
};
/** Longest line without its payload. */
const LINE_BYTES = 400;
/** clone(2); the rest is printed as a number. */
const CLONE_FLAGS: readonly [number, string][] = [
  [0x100, 'CLONE_VM'],
  [0x200, 'CLONE_FS'],
  [0x400, 'CLONE_FILES'],
  [0x800, 'CLONE_SIGHAND'],
  [0x4000, 'CLONE_VFORK'],
  [0x10000, 'CLONE_THREAD'],
];
const AT_FDCWD = -100;

/** Fields of a record, in 32-bit words. */
const START = RECORD.startNs / 4;
const NUMBER = RECORD.number / 4;
const RESULT = RECORD.result / 4;
const MAX_ERRNO = 4095;
const SPACE = 32;

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const PID = ascii('[pid ');
const PID_END = ascii('] ');
const COMMA = ascii(', ');
const EQUALS = ascii(') = ');
const DURATION = ascii(' <');
const LINE_END = ascii('>\n');
const UNFINISHED = ascii(' <unfinished ...>\n');
const MORE = ascii('...');
const PART_BEGIN = ascii('[{iov_base=');
const PART_LENGTH = ascii(', iov_len=');
const PART_END = ascii('}]');
const MESSAGE_BEGIN = ascii('{msg_iov=');
const MESSAGE_END = ascii('}');
const CWD = ascii('AT_FDCWD');
const FLAGS = ascii('flags=');
const CLONE3_BEGIN = ascii('{flags=');
const CLONE3_END = ascii('}');

interface Printed {
  readonly name: Buffer;
  readonly args: readonly Argument[];
  /** How its data are wrapped. */
  readonly shape: 'plain' | 'vector' | 'message';
}

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
  private readonly errors = new Map<number, Buffer>();
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
      this.argument(printed.args[argument]!, printed.shape, words, bytes, at, argument);
    }
    out.text(EQUALS);
    this.result(s64(words, at + RESULT));
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

  private argument(
    kind: Argument,
    shape: Printed['shape'],
    words: Uint32Array,
    bytes: Uint8Array,
    at: number,
    index: number,
  ): void {
    const { out } = this;
    const place = at + RECORD.args / 4 + 2 * index;
    const low = words[place]!;
    const payload = words[at + RECORD.payloadBytes / 4]!;
    switch (kind) {
      case 'fd':
        out.integer(low | 0);
        return;
      case 'dir':
        if ((low | 0) === AT_FDCWD) out.text(CWD);
        else out.integer(low | 0);
        return;
      case 'int':
        out.integer(s64(words, place));
        return;
      case 'size':
        out.integer(u64(words, place));
        return;
      case 'hex':
        out.hex(low, words[place + 1]!);
        return;
      case 'path':
        if (payload === 0) out.hex(low, words[place + 1]!);
        else out.quoted(bytes, (at << 2) + RECORD.bytes, payload);
        return;
      case 'data':
        if (payload === 0) out.hex(low, words[place + 1]!);
        else this.data(shape, bytes, (at << 2) + RECORD.bytes, payload, s64(words, at + RESULT));
        return;
      case 'flags':
        out.text(FLAGS);
        this.flags(low);
        return;
      case 'flags3':
        out.text(CLONE3_BEGIN);
        this.flags(payload === 0 ? 0 : words[at + RECORD.bytes / 4]!);
        out.text(CLONE3_END);
        return;
      default:
        kind satisfies never;
    }
  }

  private data(shape: Printed['shape'], bytes: Uint8Array, at: number, payload: number, moved: number): void {
    const { out } = this;
    if (shape === 'message') out.text(MESSAGE_BEGIN);
    if (shape !== 'plain') out.text(PART_BEGIN);
    out.quoted(bytes, at, payload);
    if (payload < moved) out.text(MORE);
    if (shape !== 'plain') {
      out.text(PART_LENGTH);
      out.integer(moved);
      out.text(PART_END);
    }
    if (shape === 'message') out.text(MESSAGE_END);
  }

  private flags(flags: number): void {
    let text = '';
    let rest = flags;
    for (const [bit, name] of CLONE_FLAGS) {
      if (!(flags & bit)) continue;
      text += `${name}|`;
      rest &= ~bit;
    }
    this.out.text(ascii(`${text}0x${(rest >>> 0).toString(16)}`));
  }

  private result(result: number): void {
    const { out } = this;
    if (result >= 0 || result < -MAX_ERRNO) {
      out.integer(result);
      return;
    }
    let name = this.errors.get(-result);
    if (!name) {
      const restart = RESTARTS[-result];
      name = ascii(restart === undefined ? `-1 ${errnoName(-result)}` : `? ${restart}`);
      this.errors.set(-result, name);
    }
    out.text(name);
  }
}

function u64(words: Uint32Array, at: number): number {
  return words[at + 1]! * 2 ** 32 + words[at]!;
}

function s64(words: Uint32Array, at: number): number {
  return (words[at + 1]! | 0) * 2 ** 32 + words[at]!;
}
