import { stepOf } from '../log/record.ts';
import { LANE, type LaneShape } from './layout.ts';

/**
 * The reader's side of the lanes: one buffer for each CPU, in which only that CPU's programs write, so that they need
 * no lock and no call into the kernel. Positions only grow; a record stands at its position modulo the buffer's size,
 * whole, also where it reaches beyond the end.
 */
export class Lanes {
  private readonly lanes: readonly Lane[];

  /** @param memory `shape.bytes` long, shared with the kernel */
  constructor(memory: ArrayBuffer, shape: LaneShape) {
    this.lanes = Array.from(
      { length: shape.cpus },
      (_, cpu) => new Lane(memory, cpu * shape.stride, shape.size),
    );
  }

  /** Records for which there was no room. */
  get lost(): number {
    return this.lanes.reduce((sum, lane) => sum + lane.lost, 0);
  }

  /**
   * Lets `read` go as far as was written by now. A CPU may show the new position before the record (arm64 does), so
   * what is written is read only after the next call of this, milliseconds later, or when the programs are detached.
   */
  settle(): void {
    for (const lane of this.lanes) lane.settle();
  }

  /** Moves records, with their headers, to `target` from `at` on: as many as are settled and as fit. */
  read(target: Uint8Array, at: number): { readonly bytes: number; readonly records: number } {
    for (const lane of this.lanes) {
      const moved = lane.read(target, at);
      if (moved.bytes > 0) return moved;
    }
    return { bytes: 0, records: 0 };
  }
}

class Lane {
  private readonly head: BigUint64Array;
  private readonly tail: BigUint64Array;
  private readonly data: Uint8Array;
  private readonly words: Uint32Array;
  private readonly missing: BigUint64Array;
  private position = 0;
  private settled = 0;

  constructor(
    memory: ArrayBuffer,
    from: number,
    private readonly size: number,
  ) {
    this.head = new BigUint64Array(memory, from + LANE.head, 1);
    this.missing = new BigUint64Array(memory, from + LANE.lost, 1);
    this.tail = new BigUint64Array(memory, from + LANE.tail, 1);
    this.data = new Uint8Array(memory, from + LANE.data, size + LANE.slack);
    this.words = new Uint32Array(memory, from + LANE.data, (size + LANE.slack) / 4);
  }

  get lost(): number {
    return Number(this.missing[0]);
  }

  settle(): void {
    this.settled = Number(Atomics.load(this.head, 0));
  }

  /** One stretch of records that stand behind each other. */
  read(target: Uint8Array, at: number): { readonly bytes: number; readonly records: number } {
    const base = this.position % this.size;
    const until = Math.min(this.settled - this.position, target.length - at);
    let bytes = 0;
    let records = 0;
    while (bytes < until && base + bytes < this.size) {
      const next = bytes + stepOf(this.words[(base + bytes) >>> 2]!);
      if (next > until) break;
      bytes = next;
      records++;
    }
    if (bytes > 0) {
      target.set(this.data.subarray(base, base + bytes), at);
      this.position += bytes;
      Atomics.store(this.tail, 0, BigInt(this.position));
    }
    return { bytes, records };
  }
}
