import { RECORD } from '../log/record.ts';
import type { Architecture } from './architecture.ts';
import type { Assembler, Register } from './assembler.ts';
import { type LaneShape, MAX_PID, STATE } from './layout.ts';

/** What the two programs and their parts share. */

/** Descriptors of the maps that the programs use. */
export interface Maps {
  /** Array of one element, laid out as STATE. */
  readonly state: number;
  /** Array of one element: the lanes, one behind the other. */
  readonly lanes: number;
}

export interface ProgramOptions {
  readonly architecture: Architecture;
  readonly maps: Maps;
  readonly lanes: LaneShape;
  /** Bytes of each buffer to keep, up to MAX_PAYLOAD; 0 keeps none. */
  readonly payloadBytes: number;
  /** Also watch the processes that a watched process forks. */
  readonly followForks: boolean;
}

/** Numbers of enum bpf_func_id in linux/bpf.h. */
export const HELPER = {
  ktimeNs: 5,
  cpu: 8,
  pidTgid: 14,
  readUser: 112,
  readKernel: 113,
  readUserString: 114,
} as const;

/** The program's memory on the stack, as offsets from its end. */
/** A struct iovec: base, length. */
export const PART = -32;
export const PART_LENGTH = PART + 8;
export const END_NS = -40;
export const PARTS_AT = -48;
export const PARTS_COUNT = -56;
/** This CPU's lane, and the position of the record in it. */
export const LANE_AT = -136;
export const HEAD = -144;
export const REGISTERS = -128;

/** Adds one to a counter of 64 bits; r1 and r2 are used up. */
export function count(asm: Assembler, maps: Maps, counter: number): void {
  asm.loadMapValue('r1', maps.state, counter).mov('r2', 1).atomicAdd('r1', 0, 'r2');
}

/** r1 = address of the byte that tells whether the thread group with the id in `group` is watched. */
export function placeOfGroup(asm: Assembler, maps: Maps, group: Register): Assembler {
  return asm
    .and(group, MAX_PID - 1)
    .loadMapValue('r1', maps.state, STATE.groups)
    .add('r1', group);
}

export function argument(number: number): number {
  return RECORD.args + 8 * number;
}
