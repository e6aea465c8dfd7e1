/** How a call that returned lies in memory, whichever tracer saw it. Little endian, in bytes. */

/** Bytes of a buffer that are kept at most. The programs keep lengths in a register and need a fixed bound. */
export const MAX_PAYLOAD = 1024;
/** Bytes of a path that are kept, with the NUL. */
export const MAX_PATH = 512;

/** A record: a call that returned. */
export const RECORD = {
  /** Nanoseconds on CLOCK_MONOTONIC. */
  startNs: 0,
  endNs: 8,
  /** Thread id, then thread group id, which is what others call pid: bpf_get_current_pid_tgid in one number. */
  tid: 16,
  pid: 20,
  /** 16 bits each. */
  number: 24,
  capture: 26,
  /** Bytes of payload behind the record. */
  payloadBytes: 28,
  result: 32,
  /** The first four arguments, 64 bits each. */
  args: 40,
  bytes: 72,
} as const;

/** In front of each record: its length, in the first 32 bits. */
export const RECORD_HEADER = { bytes: 8 } as const;

/** From the beginning of a header to the next one, on eight bytes. */
export function stepOf(length: number): number {
  return (length + RECORD_HEADER.bytes + 7) & ~7;
}
