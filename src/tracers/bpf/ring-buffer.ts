import { RECORD_HEADER, stepOf } from '../log/record.ts';

/**
 * The reader's side of a BPF ring buffer (Documentation/bpf/ringbuf.rst). The kernel maps the data twice in a row, so
 * that a record is whole even where the buffer ends. Records are multiples of eight bytes: a header, whose first four
 * bytes hold the length and two flags, and the record.
 */
export class RingBuffer {
  private readonly consumer: BigUint64Array;
  private readonly producer: BigUint64Array;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;

  /**
   * @param consumerPage the page with the position up to which was read; ours to write
   * @param producerPages the page with the position up to which was written, behind it the data, twice
   * @param size of the data in bytes, a power of two
   */
  constructor(
    consumerPage: ArrayBuffer,
    producerPages: ArrayBuffer,
    private readonly size: number,
    pageBytes: number,
  ) {
    this.consumer = new BigUint64Array(consumerPage, 0, 1);
    this.producer = new BigUint64Array(producerPages, 0, 1);
    this.bytes = new Uint8Array(producerPages, pageBytes, 2 * size);
    this.words = new Int32Array(producerPages, pageBytes, (2 * size) / 4);
  }

  /** Bytes that wait to be read. */
  get waiting(): number {
    return Number(Atomics.load(this.producer, 0) - Atomics.load(this.consumer, 0));
  }

  /**
   * Moves finished records, with their headers, to `target` from `at` on: as many as there are and as fit.
   * Atomics, since arm64 would else be free to show the position before the data.
   */
  read(target: Uint8Array, at: number): { readonly bytes: number; readonly records: number } {
    const from = Number(Atomics.load(this.consumer, 0));
    const until = Math.min(Number(Atomics.load(this.producer, 0)), from + target.length - at);
    const base = from % this.size;
    let end = from;
    let records = 0;
    while (end < until) {
      const header = Atomics.load(this.words, (base + end - from) >>> 2) >>> 0;
      if (header & RECORD_HEADER.busy) break;
      const next = end + stepOf(header);
      if (next > until) break;
      end = next;
      if (!(header & RECORD_HEADER.discarded)) records++;
    }
    const bytes = end - from;
    if (bytes > 0) {
      target.set(this.bytes.subarray(base, base + bytes), at);
      Atomics.store(this.consumer, 0, BigInt(end));
    }
    return { bytes, records };
  }
}
