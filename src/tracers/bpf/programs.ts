import { CAPTURE, MAX_CALLS } from '../log/calls.ts';
import { RECORD, RECORD_HEADER } from '../log/record.ts';
import type { Architecture } from './architecture.ts';
import { Assembler, type Register } from './assembler.ts';
import { capture } from './capture-code.ts';
import { LANE, SHORTEST_WAIT_NS, SLOT, SLOT_SHIFT, SLOTS, STATE } from './layout.ts';
import {
  argument,
  count,
  END_NS,
  HEAD,
  HELPER,
  LANE_AT,
  type Maps,
  type ProgramOptions,
  placeOfGroup,
  REGISTERS,
} from './program-parts.ts';

/**
 * At the beginning of a call (raw tracepoint sys_enter, arguments: registers, number): when it is a call to watch, of
 * a watched process, keeps when it began. What the calls of everybody else go through is short: a load and a compare.
 */
export function enterProgram({ architecture, maps }: ProgramOptions): Buffer {
  const asm = new Assembler();
  asm.mov('r6', 'r1');
  unlessWatched(asm, maps, 'out');
  asm
    .load(8, 'r7', 'r6', 8)
    .jumpIf('r7', '>=', MAX_CALLS, 'out')
    .loadMapValue('r1', maps.state, STATE.captures)
    .add('r1', 'r7')
    .load(1, 'r1', 'r1', 0)
    .jumpIf('r1', '==', 0, 'out')
    // Number and capture as they stand in the slot: 16 bits each.
    .shiftLeft('r1', 16)
    .add('r7', 'r1');
  slotOf(asm, maps, 'r8', 'r9');
  asm
    .load(8, 'r1', 'r8', SLOT.tid)
    .jumpIf('r1', '==', 'r9', 'own slot')
    .load(8, 'r1', 'r8', SLOT.startNs)
    .store(8, 'r8', SLOT.tid, 'r9')
    .jumpIf('r1', '==', 0, 'own slot');
  count(asm, maps, STATE.collisions);
  asm
    .label('own slot')
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
 * When a call returns (raw tracepoint sys_exit, arguments: registers, result): when its beginning was kept, writes a
 * record into this CPU's lane. Nothing interrupts it there: a program on a system call keeps its CPU to the end. Kept
 * over the calls: r6 context, then bytes of payload; r7 slot, then record; r8 beginning, then result, then bytes
 * wanted; r9 thread and group, then what to capture.
 */
export function exitProgram(options: ProgramOptions): Buffer {
  const { maps, architecture } = options;
  const asm = new Assembler();
  asm.mov('r6', 'r1');
  unlessWatched(asm, maps, 'out');
  slotOf(asm, maps, 'r7', 'r9');
  asm
    .load(8, 'r1', 'r7', SLOT.tid)
    .jumpIf('r1', '!=', 'r9', 'out')
    .load(8, 'r8', 'r7', SLOT.startNs)
    .jumpIf('r8', '==', 0, 'out')
    .store(8, 'r7', SLOT.startNs, 0)
    .call(HELPER.ktimeNs)
    .load(2, 'r1', 'r7', SLOT.capture)
    .jumpIf('r1', '!=', CAPTURE.wait, 'keep')
    .mov('r1', 'r0')
    .sub('r1', 'r8')
    .jumpIf('r1', '<', SHORTEST_WAIT_NS, 'out');
  asm.label('keep').store(8, 'r10', END_NS, 'r0');
  findRoom(asm, options);
  asm
    .load(8, 'r1', 'r10', END_NS)
    .store(8, 'r0', RECORD.startNs, 'r8')
    .store(8, 'r0', RECORD.endNs, 'r1')
    .store(8, 'r0', RECORD.tid, 'r9')
    .load(4, 'r9', 'r7', SLOT.number)
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
    .add('r6', RECORD.bytes)
    .store(4, 'r7', -RECORD_HEADER.bytes, 'r6')
    // Up to the next record, as stepOf() has it.
    .add('r6', RECORD_HEADER.bytes + 7)
    .and('r6', -8)
    .load(8, 'r1', 'r10', LANE_AT)
    .load(8, 'r2', 'r10', HEAD)
    .add('r2', 'r6')
    .store(8, 'r1', LANE.head, 'r2')
    .jump('out');
  // Only this CPU counts here.
  asm.label('full').load(8, 'r2', 'r1', LANE.lost).add('r2', 1).store(8, 'r1', LANE.lost, 'r2');
  return asm.label('out').mov('r0', 0).exit().assemble();
}

/** r0 = where the record goes in this CPU's lane; goes to "full", with the lane in r1, when there is no room. */
function findRoom(asm: Assembler, { maps, lanes }: ProgramOptions): void {
  asm
    .call(HELPER.cpu)
    .jumpIf('r0', '>=', lanes.cpus, 'out')
    .multiply('r0', lanes.stride)
    .loadMapValue('r1', maps.lanes, 0)
    .add('r1', 'r0')
    .store(8, 'r10', LANE_AT, 'r1')
    .load(8, 'r2', 'r1', LANE.head)
    .store(8, 'r10', HEAD, 'r2')
    .load(8, 'r3', 'r1', LANE.tail)
    .mov('r0', 'r2')
    .sub('r0', 'r3')
    .jumpIf('r0', '>', lanes.size - LANE.slack, 'full')
    .and('r2', lanes.size - 1)
    .mov('r0', 'r1')
    .add('r0', 'r2')
    .add('r0', LANE.data + RECORD_HEADER.bytes);
}

/** r9 = thread and thread group of the caller; goes to `target` when the group is not watched. */
function unlessWatched(asm: Assembler, maps: Maps, target: string): void {
  asm.call(HELPER.pidTgid).mov('r9', 'r0').shiftRight('r0', 32);
  placeOfGroup(asm, maps, 'r0').load(1, 'r1', 'r1', 0).jumpIf('r1', '==', 0, target);
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
