import { RECORD, RECORD_HEADER } from '../../../src/tracers/log/record.ts';
import type { RecordSource } from '../../../src/tracers/log/record-store.ts';

export interface FakeRecord {
  readonly startNs: number;
  readonly endNs: number;
  readonly tid?: number;
  readonly pid?: number;
  readonly number: number;
  readonly result: bigint | number;
  readonly args?: readonly (bigint | number)[];
  readonly payload?: string | Uint8Array;
}

/** A record as the kernel's program writes it. */
export function recordBytes(record: FakeRecord): Buffer {
  const { payload = '', tid = 9085, pid = 9085, args = [] } = record;
  const behind = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : Buffer.from(payload);
  const bytes = Buffer.alloc(RECORD.bytes + behind.length);
  bytes.writeBigUInt64LE(BigInt(record.startNs), RECORD.startNs);
  bytes.writeBigUInt64LE(BigInt(record.endNs), RECORD.endNs);
  bytes.writeUInt32LE(tid, RECORD.tid);
  bytes.writeUInt32LE(pid, RECORD.pid);
  bytes.writeUInt16LE(record.number, RECORD.number);
  bytes.writeUInt32LE(behind.length, RECORD.payloadBytes);
  bytes.writeBigInt64LE(BigInt(record.result), RECORD.result);
  for (const [at, value] of args.entries()) {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), RECORD.args + at * 8);
  }
  behind.copy(bytes, RECORD.bytes);
  return bytes;
}

/** Behind its header, filled up to a multiple of eight, as it lies in a lane. */
export function framed(record: Uint8Array): Buffer {
  const whole = Buffer.alloc((record.length + RECORD_HEADER.bytes + 7) & ~7);
  whole.writeUInt32LE(record.length, 0);
  whole.set(record, RECORD_HEADER.bytes);
  return whole;
}

/** Hands out records as the lanes do: whole ones, as many as fit. */
export function sourceOf(records: readonly Uint8Array[]): RecordSource {
  const frames = records.map((record) => framed(record));
  return {
    read(target, at) {
      let bytes = 0;
      let count = 0;
      while (frames[0] && at + bytes + frames[0].length <= target.length) {
        target.set(frames[0], at + bytes);
        bytes += frames.shift()!.length;
        count++;
      }
      return { bytes, records: count };
    },
  };
}
