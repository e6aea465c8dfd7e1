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
  /** WATCHED, or the generation in which the thread was found not to be. */
  verdict: 20,
  /** Only for calls of which nothing but the numbers is captured: those are the ones that wait long. Else -1. */
  firstArgument: 24,
  bytes: 32,
} as const;
export const WATCHED = 1;
export const FIRST_GENERATION = 2;
export const SLOT_SHIFT = 5;
export const SLOTS = 65_536;

/** The value of the only element of the state map. */
export const STATE = {
  slots: 0,
  /** Table of captures, a byte for each call number. */
  captures: SLOTS * SLOT.bytes,
  /** Records that the ring buffer had no room for. */
  lost: SLOTS * SLOT.bytes + 512,
  /** Calls whose slot another thread took. */
  collisions: SLOTS * SLOT.bytes + 520,
  /** Goes up whenever a process joins those that are watched. */
  generation: SLOTS * SLOT.bytes + 528,
  bytes: SLOTS * SLOT.bytes + 4096,
} as const;

/**
 * A wait for descriptors that took less time was none: the next request was on its way. A record of each of them would
 * cost a server with one fast client a tenth of what the rest of the tracer does.
 */
export const SHORTEST_WAIT_NS = 20_000;
