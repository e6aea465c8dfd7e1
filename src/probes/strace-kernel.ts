import { setFlagsFromString } from 'node:v8';
import { LINE_END, PAGES, ROOM, STATE_AT } from './strace-kernel/layout.ts';
import { MODULE_BASE64 } from './strace-kernel/module.ts';

/**
 * The kernel of the census: WebAssembly with SIMD, which V8 has on x86-64 (SSE 4.1) and arm64. A log of a gigabyte has
 * ten million lines: JavaScript takes five times as long for each of them.
 */
export interface Kernel {
  /** Where the bytes of the log go. Behind them, in the same buffer, lie the counters: strace-kernel/layout.ts. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * Counts the lines of bytes[start, to) until one is not in the usual form.
   * @returns where that line begins; state[LINE_END] says where it ends, -1 when it does not end before `to`
   */
  count(start: number, to: number): number;
}

/** As much of the interface as is used here; it is no part of the language's own library. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      count(start: number, to: number): number;
    };
  };
};

/** A kernel with its own memory (0.9 MB); undefined where V8 has no SIMD. */
export function simdKernel(): Kernel | undefined {
  const module = Buffer.from(MODULE_BASE64, 'base64');
  if (!WebAssembly.validate(module)) return undefined;
  // V8's quick compiler comes first otherwise, and its code, half as fast, stays for the first hundred megabytes.
  setFlagsFromString('--no-liftoff');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  setFlagsFromString('--liftoff');
  return { bytes: new Uint8Array(exports.memory.buffer, 0, ROOM), count: exports.count };
}

/** Finds the ends of lines, and leaves every line to be counted by others. */
export function plainKernel(): Kernel {
  const memory = new ArrayBuffer(PAGES * 65_536);
  const bytes = new Uint8Array(memory, 0, ROOM);
  const state = new Int32Array(memory, STATE_AT);
  return {
    bytes,
    count(start, to) {
      const end = bytes.indexOf(10, start);
      state[LINE_END] = end < to ? end : -1;
      return start;
    },
  };
}
