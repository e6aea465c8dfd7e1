/** Memory that the kernel's programs and this process share: where everything stands. Little endian, in bytes. */

/** Parts of an I/O vector that are looked at; servers send a header, a body, and seldom more. */
export const VECTOR_PARTS = 8;
/** A thread's call that has begun. Threads share slots by the low bits of their ids; the key tells whose it is. */
export const SLOT = {
  /** 0: no call under way. */
  startNs: 0,
  /** Thread id and thread group id, as in a record: the thread that had the slot last. */
  tid: 8,
  pid: 12,
  /** 16 bits each. */
  number: 16,
  capture: 18,
  /** Only for calls of which nothing but the numbers is captured: those are the ones that wait long. Else -1. */
  firstArgument: 24,
  bytes: 32,
} as const;
export const SLOT_SHIFT = 5;
export const SLOTS = 65_536;

/** Processes watched at most, forked ones included; more than that is a fork storm and stays unwatched. */
export const MAX_GROUPS = 1024;
/** Process ids end here on machines of 64 bits (PID_MAX_LIMIT in linux/threads.h). */
export const MAX_PID = 2 ** 22;

const BEHIND_SLOTS = SLOTS * SLOT.bytes;
/** The value of the only element of the state map. */
export const STATE = {
  slots: 0,
  /** Table of captures, a byte for each call number. */
  captures: BEHIND_SLOTS,
  /** Calls whose slot another thread took. */
  collisions: BEHIND_SLOTS + 512,
  /** Thread groups that are watched: how many, 64 bits, and a byte for each id there may be, not 0 for those. */
  groupCount: BEHIND_SLOTS + 520,
  groups: BEHIND_SLOTS + 4096,
  bytes: BEHIND_SLOTS + 4096 + MAX_PID,
} as const;

/** A CPU's buffer of records. What the kernel writes and what the reader writes stand on cache lines of their own. */
export const LANE = {
  /** Position behind the last record; 64 bits. */
  head: 0,
  /** Records for which there was no room. */
  lost: 8,
  /** Position up to which was read. */
  tail: 64,
  data: 128,
  /** Behind the data: room for the longest record, and for what is tried behind it before its length is known. */
  slack: 4096,
} as const;

/** All lanes together take this much, or a smallest lane for each CPU where these come to more. */
const ALL_LANES_BYTES = 32 * 1024 * 1024;
const LARGEST_LANE = 8 * 1024 * 1024;
/** 50 ms of the busiest server. */
const SMALLEST_LANE = 1024 * 1024;

export interface LaneShape {
  readonly cpus: number;
  /** Bytes of data in a lane, a power of two. */
  readonly size: number;
  /** From one lane to the next. */
  readonly stride: number;
  readonly bytes: number;
}

/** @param allBytes other in tests */
export function laneShape(cpus: number, allBytes = ALL_LANES_BYTES): LaneShape {
  let size = LARGEST_LANE;
  while (size > SMALLEST_LANE && size * cpus > allBytes) size /= 2;
  const stride = LANE.data + size + LANE.slack;
  return { cpus, size, stride, bytes: cpus * stride };
}

/**
 * A wait for descriptors that took less time was none: the next request was on its way. A record of each of them would
 * cost a server with one fast client a tenth of what the rest of the tracer does.
 */
export const SHORTEST_WAIT_NS = 20_000;
