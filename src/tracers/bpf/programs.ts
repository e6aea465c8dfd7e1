import { CAPTURE, MAX_CALLS } from '../log/calls.ts';
import { MAX_PATH, MAX_PAYLOAD, RECORD } from '../log/record.ts';
import type { Architecture } from './architecture.ts';
import { Assembler, type Register } from './assembler.ts';
import { SHORTEST_WAIT_NS, SLOT, SLOT_SHIFT, SLOTS, STATE, VECTOR_PARTS, WATCHED } from './layout.ts';

/** Descriptors of the maps that the programs use. */
export interface Maps {
  /** Array of one element, laid out as STATE. */
  readonly state: number;
  /** Hash: thread group ids that are watched. */
  readonly groups: number;
  /** Array of one element a CPU, in which a record is put together. */
  readonly scratch: number;
  readonly ring: number;
}

export interface ProgramOptions {
  readonly architecture: Architecture;
  readonly maps: Maps;
  /** Bytes of each buffer to keep, up to MAX_PAYLOAD; 0 keeps none. */
  readonly payloadBytes: number;
  /** Also watch the processes that a watched process forks. */
  readonly followForks: boolean;
}

/** Numbers of enum bpf_func_id in linux/bpf.h. */
const HELPER = {
  lookup: 1,
  update: 2,
  ktimeNs: 5,
  pidTgid: 14,
  readUser: 112,
  readKernel: 113,
  readUserString: 114,
  ringOutput: 130,
} as const;

/** The reader polls; waking it for every record would cost the target more than the rest together. */
const BPF_RB_NO_WAKEUP = 1;
const CLONE_THREAD = 0x10000;

/** The program's memory on the stack, as offsets from its end. */
const KEY = -8;
const VALUE = -16;
/** A struct iovec: base, length. */
const PART = -32;
const PART_LENGTH = PART + 8;
const END_NS = -40;
const PARTS_AT = -48;
const PARTS_COUNT = -56;
const REGISTERS = -128;

/** Room for a record: a vector's last part is read behind what is there, before the sum is checked. */
export const SCRATCH_BYTES = RECORD.bytes + 2 * MAX_PAYLOAD;

/**
 * At the beginning of a call (raw tracepoint sys_enter, arguments: registers, number): when it is a call to watch, of
 * a watched process, keeps when it began. What most calls of the machine go through is short: a load and a compare.
 */
export function enterProgram({ architecture, maps }: ProgramOptions): Buffer {
  const asm = new Assembler();
  asm
    .mov('r6', 'r1')
    .load(8, 'r7', 'r6', 8)
    .jumpIf('r7', '>=', MAX_CALLS, 'out')
    .loadMapValue('r1', maps.state, STATE.captures)
    .add('r1', 'r7')
    .load(1, 'r1', 'r1', 0)
    .jumpIf('r1', '==', 0, 'out')
    // Number and capture as they stand in the slot: 16 bits each.
    .shiftLeft('r1', 16)
    .add('r7', 'r1')
    .call(HELPER.pidTgid)
    .mov('r9', 'r0');
  slotOf(asm, maps, 'r8', 'r9');
  // Most calls come from the thread that had the slot last, about which the answer is known.
  asm
    .load(8, 'r1', 'r8', SLOT.tid)
    .jumpIf('r1', '!=', 'r9', 'look up')
    .load(4, 'r1', 'r8', SLOT.verdict)
    .jumpIf('r1', '==', WATCHED, 'watched')
    .loadMapValue('r2', maps.state, STATE.generation)
    .load(4, 'r2', 'r2', 0)
    .jumpIf('r1', '==', 'r2', 'out');
  asm
    .label('look up')
    .mov('r1', 'r9')
    .shiftRight('r1', 32)
    .store(4, 'r10', KEY, 'r1')
    .loadMap('r1', maps.groups)
    .mov('r2', 'r10')
    .add('r2', KEY)
    .call(HELPER.lookup)
    .load(8, 'r1', 'r8', SLOT.startNs)
    .jumpIf('r0', '!=', 0, 'found')
    // Somebody else: remembered, unless a watched thread's call is under way in this slot.
    .jumpIf('r1', '!=', 0, 'out')
    .store(8, 'r8', SLOT.tid, 'r9')
    .loadMapValue('r1', maps.state, STATE.generation)
    .load(4, 'r1', 'r1', 0)
    .store(4, 'r8', SLOT.verdict, 'r1')
    .jump('out');
  asm
    .label('found')
    .store(8, 'r8', SLOT.tid, 'r9')
    .store(4, 'r8', SLOT.verdict, WATCHED)
    .jumpIf('r1', '==', 0, 'watched');
  count(asm, maps, STATE.collisions);
  asm
    .label('watched')
    .store(4, 'r8', SLOT.number, 'r7')
    .store(8, 'r8', SLOT.firstArgument, -1)
    .shiftRight('r7', 16)
    .jumpIf('r7', '!=', CAPTURE.numbers, 'begin')
    .mov('r1', 'r8')
    .add('r1', SLOT.firstArgument)
    .mov('r2', 8)
    .load(8, 'r3', 'r6', 0)
    .add('r3', architecture.firstArgument)
    .call(HELPER.readKernel);
  asm.label('begin').call(HELPER.ktimeNs).store(8, 'r8', SLOT.startNs, 'r0');
  return asm.label('out').mov('r0', 0).exit().assemble();
}

/**
 * When a call returns (raw tracepoint sys_exit, arguments: registers, result): when its beginning was kept, puts a
 * record together and hands it to the ring buffer. Kept over the calls: r6 context, then bytes of payload; r7 slot,
 * then record; r8 beginning, then result, then bytes wanted; r9 thread and group, then what to capture.
 */
export function exitProgram(options: ProgramOptions): Buffer {
  const { maps, architecture } = options;
  const asm = new Assembler();
  asm.mov('r6', 'r1').call(HELPER.pidTgid).mov('r9', 'r0');
  slotOf(asm, maps, 'r7', 'r9');
  asm
    .load(8, 'r1', 'r7', SLOT.tid)
    .jumpIf('r1', '!=', 'r9', 'out')
    .load(8, 'r8', 'r7', SLOT.startNs)
    .jumpIf('r8', '==', 0, 'out')
    .call(HELPER.ktimeNs)
    .load(2, 'r1', 'r7', SLOT.capture)
    .jumpIf('r1', '!=', CAPTURE.wait, 'keep')
    .mov('r1', 'r0')
    .sub('r1', 'r8')
    .jumpIf('r1', '>=', SHORTEST_WAIT_NS, 'keep')
    .store(8, 'r7', SLOT.startNs, 0)
    .jump('out');
  asm
    .label('keep')
    .store(8, 'r10', END_NS, 'r0')
    .store(4, 'r10', KEY, 0)
    .loadMap('r1', maps.scratch)
    .mov('r2', 'r10')
    .add('r2', KEY)
    .call(HELPER.lookup)
    .jumpIf('r0', '==', 0, 'out')
    .load(8, 'r1', 'r10', END_NS)
    .store(8, 'r0', RECORD.startNs, 'r8')
    .store(8, 'r0', RECORD.endNs, 'r1')
    .store(8, 'r0', RECORD.tid, 'r9')
    .load(4, 'r9', 'r7', SLOT.number)
    .store(8, 'r7', SLOT.startNs, 0)
    .store(4, 'r0', RECORD.number, 'r9')
    .shiftRight('r9', 16)
    .mov('r7', 'r0')
    .load(8, 'r8', 'r6', 8)
    .store(8, 'r7', RECORD.result, 'r8');
  copyArguments(asm, architecture);
  asm.mov('r6', 0);
  capture(asm, options);
  asm
    .label('send')
    .store(4, 'r7', RECORD.payloadBytes, 'r6')
    .loadMap('r1', maps.ring)
    .mov('r2', 'r7')
    .mov('r3', 'r6')
    .add('r3', RECORD.bytes)
    .mov('r4', BPF_RB_NO_WAKEUP)
    .call(HELPER.ringOutput)
    .jumpIf('r0', '==', 0, 'out');
  count(asm, maps, STATE.lost);
  return asm.label('out').mov('r0', 0).exit().assemble();
}

/** to = address of the slot of the thread in the low half of `thread`; r1 is used up. */
function slotOf(asm: Assembler, maps: Maps, to: Register, thread: Register): void {
  asm
    .mov(to, thread)
    .and(to, SLOTS - 1)
    .shiftLeft(to, SLOT_SHIFT)
    .loadMapValue('r1', maps.state, STATE.slots)
    .add(to, 'r1');
}

/** Adds one to a counter; r1 and r2 are used up. */
function count(asm: Assembler, maps: Maps, counter: number): void {
  asm.loadMapValue('r1', maps.state, counter).mov('r2', 1).atomicAdd('r1', 0, 'r2');
}

function copyArguments(asm: Assembler, { registers }: Architecture): void {
  let at = REGISTERS;
  for (const { offset, bytes } of registers.blocks) {
    asm
      .mov('r1', 'r10')
      .add('r1', at)
      .mov('r2', bytes)
      .load(8, 'r3', 'r6', 0)
      .add('r3', offset)
      .call(HELPER.readKernel);
    at += bytes;
  }
  for (const [number, place] of registers.args.entries()) {
    asm.load(8, 'r1', 'r10', REGISTERS + place).store(8, 'r7', argument(number), 'r1');
  }
}

function argument(number: number): number {
  return RECORD.args + 8 * number;
}

/** Copies what the call moved or named behind the record, and leaves its length in r6. */
function capture(asm: Assembler, options: ProgramOptions): void {
  asm.jumpIf('r9', '==', CAPTURE.numbers, 'send').jumpIf('r9', '==', CAPTURE.wait, 'send');
  if (options.payloadBytes > 0) {
    asm
      .jumpIf('r9', '==', CAPTURE.buffer, 'buffer')
      .jumpIf('r9', '==', CAPTURE.vector, 'vector')
      .jumpIf('r9', '==', CAPTURE.message, 'message');
  }
  asm
    .jumpIf('r9', '==', CAPTURE.firstPath, 'first path')
    .jumpIf('r9', '==', CAPTURE.secondPath, 'second path')
    .jumpIf('r9', '==', CAPTURE.clone3, 'clone3');
  if (options.followForks) {
    asm
      .load(8, 'r1', 'r7', argument(0))
      .jumpIf('r9', '==', CAPTURE.clone, 'follow')
      .mov('r1', 0)
      .jumpIf('r9', '==', CAPTURE.fork, 'follow');
  }
  asm.jump('send');
  if (options.payloadBytes > 0) captureData(asm, options.payloadBytes);
  capturePath(asm);
  captureClone(asm, options);
}

function captureData(asm: Assembler, limit: number): void {
  asm.label('buffer').jumpIf('r8', 's<=', 0, 'send');
  clamp(asm, limit, 'whole buffer');
  behindRecord(asm)
    .mov('r2', 'r8')
    .load(8, 'r3', 'r7', argument(1))
    .call(HELPER.readUser)
    .jumpIf('r0', '!=', 0, 'send')
    .mov('r6', 'r8')
    .jump('send');

  // struct msghdr: msg_iov at 16, msg_iovlen at 24.
  asm.label('message').jumpIf('r8', 's<=', 0, 'send').load(8, 'r3', 'r7', argument(1)).add('r3', 16);
  readPart(asm)
    .load(8, 'r1', 'r10', PART)
    .store(8, 'r10', PARTS_AT, 'r1')
    .load(8, 'r1', 'r10', PART_LENGTH)
    .store(8, 'r10', PARTS_COUNT, 'r1')
    .jump('parts');

  asm
    .label('vector')
    .jumpIf('r8', 's<=', 0, 'send')
    .load(8, 'r1', 'r7', argument(1))
    .store(8, 'r10', PARTS_AT, 'r1')
    .load(8, 'r1', 'r7', argument(2))
    .store(8, 'r10', PARTS_COUNT, 'r1');

  asm.label('parts');
  clamp(asm, limit, 'whole vector');
  for (let part = 0; part < VECTOR_PARTS; part++) {
    asm
      .load(8, 'r1', 'r10', PARTS_COUNT)
      .jumpIf('r1', '<=', part, 'send')
      .load(8, 'r3', 'r10', PARTS_AT)
      .add('r3', part * 16);
    readPart(asm)
      // The part's own length, or what is left of the bytes that moved.
      .load(8, 'r9', 'r10', PART_LENGTH)
      .mov('r1', 'r8')
      .sub('r1', 'r6')
      .jumpIf('r9', '<=', 'r1', `part ${part}`)
      .mov('r9', 'r1')
      .label(`part ${part}`)
      // Holds already; written out for the verifier.
      .jumpIf('r9', '>', limit, 'send');
    behindRecord(asm)
      .add('r1', 'r6')
      .mov('r2', 'r9')
      .load(8, 'r3', 'r10', PART)
      .call(HELPER.readUser)
      .jumpIf('r0', '!=', 0, 'send')
      .add('r6', 'r9')
      .jumpIf('r6', '>=', 'r8', 'send')
      .jumpIf('r6', '>', limit, 'send');
  }
  asm.jump('send');
}

/** r8 = bytes that moved, at most the limit. */
function clamp(asm: Assembler, limit: number, label: string): void {
  asm.jumpIf('r8', '<=', limit, label).mov('r8', limit).label(label);
}

/** r1 = where the payload begins. */
function behindRecord(asm: Assembler): Assembler {
  return asm.mov('r1', 'r7').add('r1', RECORD.bytes);
}

/** Reads 16 bytes at r3, an address and a length, into PART; goes to "send" when they cannot be read. */
function readPart(asm: Assembler): Assembler {
  return asm
    .mov('r1', 'r10')
    .add('r1', PART)
    .mov('r2', 16)
    .call(HELPER.readUser)
    .jumpIf('r0', '!=', 0, 'send');
}

function capturePath(asm: Assembler): void {
  asm.label('first path').load(8, 'r3', 'r7', argument(0)).jump('path');
  asm.label('second path').load(8, 'r3', 'r7', argument(1));
  asm.label('path');
  behindRecord(asm)
    .mov('r2', MAX_PATH)
    .call(HELPER.readUserString)
    // The length with the NUL, or an error.
    .jumpIf('r0', 's<=', 1, 'send')
    .jumpIf('r0', '>', MAX_PATH, 'send')
    .mov('r6', 'r0')
    .sub('r6', 1)
    .jump('send');
}

/** clone3 has its flags in the first eight bytes of struct clone_args. */
function captureClone(asm: Assembler, { followForks, maps }: ProgramOptions): void {
  asm.label('clone3');
  behindRecord(asm)
    .mov('r2', 8)
    .load(8, 'r3', 'r7', argument(0))
    .call(HELPER.readUser)
    .jumpIf('r0', '!=', 0, 'send')
    .mov('r6', 8);
  if (!followForks) {
    asm.jump('send');
    return;
  }
  asm.load(8, 'r1', 'r7', RECORD.bytes);
  asm
    .label('follow')
    .jumpIf('r8', 's<=', 0, 'send')
    .jumpIf('r1', '&', CLONE_THREAD, 'send')
    .store(4, 'r10', KEY, 'r8')
    .store(4, 'r10', VALUE, 1)
    .loadMap('r1', maps.groups)
    .mov('r2', 'r10')
    .add('r2', KEY)
    .mov('r3', 'r10')
    .add('r3', VALUE)
    .mov('r4', 0)
    .call(HELPER.update);
  count(asm, maps, STATE.generation);
  asm.jump('send');
}
