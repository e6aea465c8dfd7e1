import { CAPTURE } from '../log/calls.ts';
import { MAX_PATH, RECORD } from '../log/record.ts';
import type { Assembler } from './assembler.ts';
import { MAX_GROUPS, STATE, VECTOR_PARTS } from './layout.ts';
import {
  argument,
  count,
  HELPER,
  PART,
  PART_LENGTH,
  PARTS_AT,
  PARTS_COUNT,
  type ProgramOptions,
  placeOfGroup,
} from './program-parts.ts';

const CLONE_THREAD = 0x10000;

/** Copies what the call moved or named behind the record, and leaves its length in r6. */
export function capture(asm: Assembler, options: ProgramOptions): void {
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
    .loadMapValue('r1', maps.state, STATE.groupCount)
    .load(8, 'r1', 'r1', 0)
    .jumpIf('r1', '>=', MAX_GROUPS, 'send');
  placeOfGroup(asm, maps, 'r8').store(1, 'r1', 0, 1);
  count(asm, maps, STATE.groupCount);
  asm.jump('send');
}
