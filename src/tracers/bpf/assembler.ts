/**
 * A small assembler for eBPF: instructions by name, labels, jumps. Only what the tracer's programs use.
 * Encoding: RFC 9669, and Documentation/bpf/standardization/instruction-set.rst of the kernel. An instruction has
 * eight bytes: opcode, registers (source in the high half), a signed 16-bit offset, a signed 32-bit immediate.
 */

const REGISTERS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10'] as const;
/** r0 results, r1 to r5 arguments (lost in a call), r6 to r9 kept over calls, r10 the end of the stack (read only). */
export type Register = (typeof REGISTERS)[number];

/** Bytes that a load or a store moves. */
export type Width = 1 | 2 | 4 | 8;

/** "s": signed. */
export type Condition = '==' | '!=' | '>' | '>=' | '<' | '<=' | 's>' | 's<=' | '&';

/** Low three bits of the opcode. */
const CLASS = { ldImm64: 0x18, load: 0x61, storeImm: 0x62, store: 0x63, alu64: 0x07, jump: 0x05 } as const;
/** Bits 3 and 4 of a load or a store. */
const WIDTH: Readonly<Record<Width, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };
/** The second operand is a register, not the immediate. */
const FROM_REGISTER = 0x08;
const ALU = { add: 0x00, sub: 0x10, mul: 0x20, and: 0x50, lsh: 0x60, rsh: 0x70, mov: 0xb0 } as const;
const JUMP: Readonly<Record<Condition, number>> = {
  '==': 0x10,
  '>': 0x20,
  '>=': 0x30,
  '&': 0x40,
  '!=': 0x50,
  's>': 0x60,
  '<': 0xa0,
  '<=': 0xb0,
  's<=': 0xd0,
};
const CALL = 0x85;
const EXIT = 0x95;
/** BPF_STX | BPF_ATOMIC | BPF_DW; the immediate 0 means "add". */
const ATOMIC_ADD = 0xdb;
/** What a 64-bit immediate stands for: the memory of the only element of a map. */
const PSEUDO_MAP_VALUE = 2;

interface Instruction {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly immediate: number;
  /** For a jump: `offset` is computed from it. */
  readonly target?: string;
}

export class Assembler {
  private readonly code: Instruction[] = [];
  private readonly labels = new Map<string, number>();

  mov(dst: Register, from: Register | number): this {
    return this.alu('mov', dst, from);
  }
  add(dst: Register, by: Register | number): this {
    return this.alu('add', dst, by);
  }
  sub(dst: Register, by: Register | number): this {
    return this.alu('sub', dst, by);
  }
  multiply(dst: Register, by: number): this {
    return this.alu('mul', dst, by);
  }
  and(dst: Register, mask: Register | number): this {
    return this.alu('and', dst, mask);
  }
  shiftLeft(dst: Register, bits: number): this {
    return this.alu('lsh', dst, bits);
  }
  shiftRight(dst: Register, bits: number): this {
    return this.alu('rsh', dst, bits);
  }

  /** dst = the unsigned number at from + offset. */
  load(width: Width, dst: Register, from: Register, offset: number): this {
    return this.push({ opcode: CLASS.load | WIDTH[width], dst: index(dst), src: index(from), offset });
  }

  /** Writes a register, or a number, to the memory at to + offset. */
  store(width: Width, to: Register, offset: number, value: Register | number): this {
    return typeof value === 'number'
      ? this.push({ opcode: CLASS.storeImm | WIDTH[width], dst: index(to), offset, immediate: value })
      : this.push({ opcode: CLASS.store | WIDTH[width], dst: index(to), src: index(value), offset });
  }

  /** Adds a register to the 64-bit number at to + offset, in one step for all CPUs. */
  atomicAdd(to: Register, offset: number, value: Register): this {
    return this.push({ opcode: ATOMIC_ADD, dst: index(to), src: index(value), offset });
  }

  /** dst = address of byte `offset` in the value of an array map with one element. */
  loadMapValue(dst: Register, fd: number, offset: number): this {
    return this.wide(dst, PSEUDO_MAP_VALUE, fd, offset);
  }

  /** Calls a helper of the kernel by its number in enum bpf_func_id. */
  call(helper: number): this {
    return this.push({ opcode: CALL, immediate: helper });
  }

  jump(target: string): this {
    return this.push({ opcode: CLASS.jump, target });
  }

  /** Jumps when `left condition right` holds. */
  jumpIf(left: Register, condition: Condition, right: Register | number, target: string): this {
    const opcode = CLASS.jump | JUMP[condition];
    return typeof right === 'number'
      ? this.push({ opcode, dst: index(left), immediate: right, target })
      : this.push({ opcode: opcode | FROM_REGISTER, dst: index(left), src: index(right), target });
  }

  exit(): this {
    return this.push({ opcode: EXIT });
  }

  /** Names the next instruction. */
  label(name: string): this {
    if (this.labels.has(name)) throw new Error(`the label ${name} stands twice`);
    this.labels.set(name, this.code.length);
    return this;
  }

  /** @throws when a jump has no target, or one that is too far away */
  assemble(): Buffer {
    const bytes = Buffer.alloc(this.code.length * 8);
    for (const [at, instruction] of this.code.entries()) {
      const { opcode, dst, src, immediate } = instruction;
      bytes[at * 8] = opcode;
      bytes[at * 8 + 1] = dst | (src << 4);
      bytes.writeInt16LE(this.offsetOf(instruction, at), at * 8 + 2);
      bytes.writeInt32LE(immediate, at * 8 + 4);
    }
    return bytes;
  }

  private offsetOf({ target, offset }: Instruction, at: number): number {
    if (target === undefined) return offset;
    const to = this.labels.get(target);
    if (to === undefined) throw new Error(`there is no label ${target}`);
    return to - at - 1;
  }

  private alu(operation: keyof typeof ALU, dst: Register, operand: Register | number): this {
    const opcode = CLASS.alu64 | ALU[operation];
    return typeof operand === 'number'
      ? this.push({ opcode, dst: index(dst), immediate: operand })
      : this.push({ opcode: opcode | FROM_REGISTER, dst: index(dst), src: index(operand) });
  }

  /** The one instruction of 16 bytes: its second half holds the upper 32 bits. */
  private wide(dst: Register, kind: number, low: number, high: number): this {
    this.push({ opcode: CLASS.ldImm64, dst: index(dst), src: kind, immediate: low });
    return this.push({ opcode: 0, immediate: high });
  }

  private push(instruction: Partial<Instruction> & { readonly opcode: number }): this {
    this.code.push({ dst: 0, src: 0, offset: 0, immediate: 0, ...instruction });
    return this;
  }
}

function index(register: Register): number {
  return REGISTERS.indexOf(register);
}
