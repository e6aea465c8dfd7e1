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
      let slab = this.slabs.at(-1);
      if (!slab || slab.used > SLAB_BYTES - LONGEST) slab = this.grow();
      const { bytes, records } = source.read(slab.bytes, slab.used);
      slab.used += bytes;
      this.records += records;
      if (bytes === 0) return;
    }
  }

  /** Calls `visit` with the place of each record in a slab, in 32-bit words. */
  forEachIn({ words, used }: Slab, visit: (at: number) => void): void {
    for (let at = 0; at < used; ) {
      const header = words[at >>> 2]!;
      if (!(header & RECORD_HEADER.discarded)) visit((at + RECORD_HEADER.bytes) >>> 2);
      at += stepOf(header);
    }
  }

  private grow(): Slab {
    const memory = new ArrayBuffer(SLAB_BYTES);
    const slab = { words: new Uint32Array(memory), bytes: new Uint8Array(memory), used: 0 };
    this.slabs.push(slab);
    return slab;
  }
}
