import type { Machine } from '../log/calls.ts';

/** What differs between the machines that the tracer knows. */
export interface Architecture {
  /** As `process.arch` names it. */
  readonly name: Machine;
  /** Number of bpf(2) itself. */
  readonly bpfCall: number;
  /**
   * Where `struct pt_regs` keeps the arguments of a system call. The blocks are copied one behind the other; `args`
   * are the places of the first four arguments in that copy.
   */
  readonly registers: {
    readonly blocks: readonly { readonly offset: number; readonly bytes: number }[];
    readonly args: readonly [number, number, number, number];
  };
  /** Offset in `struct pt_regs` of the first argument. */
  readonly firstArgument: number;
}

/**
 * x86-64: r10 at 56, dx 96, si 104, di 112 (arch/x86/include/asm/ptrace.h). They keep the arguments until the call
 * returns.
 * arm64: x0 holds the result when the call returns, so the first argument is read from orig_x0 behind user_pt_regs
 * (31 registers, sp, pc, pstate: 272 bytes); x1 to x3 keep the others (arch/arm64/include/asm/ptrace.h).
 */
const ARCHITECTURES: readonly Architecture[] = [
  {
    name: 'x64',
    bpfCall: 321,
    registers: { blocks: [{ offset: 56, bytes: 64 }], args: [56, 48, 40, 0] },
    firstArgument: 112,
  },
  {
    name: 'arm64',
    bpfCall: 280,
    registers: {
      blocks: [
        { offset: 8, bytes: 24 },
        { offset: 272, bytes: 8 },
      ],
      args: [24, 0, 8, 16],
    },
    firstArgument: 272,
  },
];

/** @returns undefined for a machine that the tracer does not know */
export function architectureOf(name: string): Architecture | undefined {
  return ARCHITECTURES.find((each) => each.name === name);
}
