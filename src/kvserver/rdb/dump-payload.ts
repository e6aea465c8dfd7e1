import { freeze } from '../store/frozen.ts';
import type { Value } from '../store/values.ts';
import { ByteSink } from './byte-sink.ts';
import { ByteSource } from './byte-source.ts';
import { crc64 } from './crc64.ts';
import { decodeValue } from './decode-value.ts';
import { encodeValue, typeNumber } from './encode.ts';
import { CHECKSUM_LENGTH, NEWEST_READABLE, RDB_VERSION } from './format.ts';
import { RdbError } from './rdb-error.ts';

const TRAILER = 2 + CHECKSUM_LENGTH;

/** One value as DUMP gives it: type and value as in a snapshot, 2 bytes version, 8 bytes checksum. O(N). */
export function dumpPayload(value: Value, compress: boolean): string {
  const sink = new ByteSink(compress);
  sink.startChecksum();
  const frozen = freeze(value);
  sink.byte(typeNumber(frozen));
  for (const _ of encodeValue(sink, frozen)) {
    // Pauses are for those who write in the background.
  }
  sink.uint16(RDB_VERSION);
  sink.uint64(sink.checksum());
  return sink.take().toString('latin1');
}

/** @returns the bytes of the payload, or undefined when version or checksum are wrong */
export function openPayload(payload: string): Buffer | undefined {
  const bytes = Buffer.from(payload, 'latin1');
  const versionAt = bytes.length - TRAILER;
  if (versionAt < 0 || bytes.readUInt16LE(versionAt) > NEWEST_READABLE) return undefined;
  const checksumAt = versionAt + 2;
  const expected = bytes.readBigUInt64LE(checksumAt);
  return expected === 0n || expected === crc64(bytes, 0, checksumAt)
    ? bytes.subarray(0, versionAt)
    : undefined;
}

/** @returns the value, or undefined when the bytes are none */
export function readPayload(bytes: Buffer): Value | undefined {
  const source = ByteSource.of(bytes);
  try {
    const value = decodeValue(source, source.byte());
    return source.atEnd ? value : undefined;
  } catch (error) {
    if (error instanceof RdbError) return undefined;
    throw error;
  }
}
