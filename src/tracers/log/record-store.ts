import { MAX_PAYLOAD, RECORD, RECORD_HEADER, stepOf } from './record.ts';

/** Memory is taken in pieces of this size. */
const SLAB_BYTES = 4 * 1024 * 1024;
/** Room that the longest record fits into. */
const LONGEST = RECORD_HEADER.bytes + RECORD.bytes + 2 * MAX_PAYLOAD;

export interface RecordSource {
  read(target: Uint8Array, at: number): { readonly bytes: number; readonly records: number };
}

/** A piece of memory full of records, each behind its header. */
export interface Slab {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  /** Bytes. */
  used: number;
}

/** A call as a tracer's text tells it. */
export interface CallRecord {
  readonly startNs: number;
  readonly endNs: number;
  readonly tid: number;
  readonly pid: number;
  readonly number: number;
  readonly result: number;
  /** Up to four arguments of 64 bits: the low half of each, then its high half. */
  readonly args: readonly number[];
  /** What it moved or named; at most MAX_PAYLOAD bytes are kept. */
  readonly payload?: Uint8Array;
}

/** Keeps the records of a window as the kernel wrote them, up to a limit. */
export class RecordStore {
  records = 0;
  readonly slabs: Slab[] = [];

  constructor(
    private readonly maxBytes: number,
    private readonly maxRecords: number,
  ) {}

  get isFull(): boolean {
    return this.records >= this.maxRecords || this.slabs.length * SLAB_BYTES > this.maxBytes;
  }

  /** Takes everything that waits, or all that there is still room for. */
  takeFrom(source: RecordSource): void {
    while (!this.isFull) {
      const slab = this.roomy();
      const { bytes, records } = source.read(slab.bytes, slab.used);
      slab.used += bytes;
      this.records += records;
      if (bytes === 0) return;
    }
  }

  /** Keeps one more; when it is full, nothing happens. */
  add(call: CallRecord): void {
    if (this.isFull) return;
    const slab = this.roomy();
    const payload = (call.payload ?? NOTHING).subarray(0, MAX_PAYLOAD);
    const length = RECORD.bytes + payload.length;
    const { words, bytes } = slab;
    const at = (slab.used + RECORD_HEADER.bytes) / 4;
    words[slab.used / 4] = length;
    setU64(words, at + RECORD.startNs / 4, call.startNs);
    setU64(words, at + RECORD.endNs / 4, call.endNs);
    words[at + RECORD.tid / 4] = call.tid;
    words[at + RECORD.pid / 4] = call.pid;
    words[at + RECORD.number / 4] = call.number & 0xffff;
    words[at + RECORD.payloadBytes / 4] = payload.length;
    setU64(words, at + RECORD.result / 4, call.result);
    for (const [index, half] of call.args.entries()) words[at + RECORD.args / 4 + index] = half;
    bytes.set(payload, at * 4 + RECORD.bytes);
    slab.used += stepOf(length);
    this.records++;
  }

  /** Calls `visit` with the place of each record in a slab, in 32-bit words. */
  forEachIn({ words, used }: Slab, visit: (at: number) => void): void {
    for (let at = 0; at < used; ) {
      visit((at + RECORD_HEADER.bytes) >>> 2);
      at += stepOf(words[at >>> 2]!);
    }
  }

  /** The piece of memory with room for one more. */
  private roomy(): Slab {
    const slab = this.slabs.at(-1);
    if (slab && slab.used <= SLAB_BYTES - LONGEST) return slab;
    return this.grow();
  }

  private grow(): Slab {
    const memory = new ArrayBuffer(SLAB_BYTES);
    const slab = { words: new Uint32Array(memory), bytes: new Uint8Array(memory), used: 0 };
    this.slabs.push(slab);
    return slab;
  }
}

const NOTHING = new Uint8Array(0);

/** Negative numbers too, in two's complement. */
function setU64(words: Uint32Array, at: number, value: number): void {
  words[at] = value >>> 0;
  words[at + 1] = Math.floor(value / 2 ** 32) >>> 0;
}
