import { Refused } from './refusal.ts';

/** The C functions that the tracer calls. Numbers that may exceed 2^53 are bigint. */
export interface Libc {
  /** bpf(2). @returns a descriptor or 0, or minus the error number */
  bpf(command: number, attributes: Buffer): number;
  /** Maps a descriptor to read and to write. @returns the memory, or undefined */
  mapMemory(fd: number, bytes: number): MappedMemory | undefined;
  /** @returns minus the error number, or 0 */
  close(fd: number): number;
  /** Lets this process lock as much memory as it likes; kernels before 5.11 count maps as locked memory. */
  unlimitLockedMemory(): void;
  /** CLOCK_REALTIME or CLOCK_MONOTONIC, in nanoseconds. */
  clockNs(clock: 'realtime' | 'monotonic'): bigint;
  /** Where a buffer stands in memory. */
  addressOf(buffer: Uint8Array): bigint;
}

export interface MappedMemory {
  readonly buffer: ArrayBuffer;
  /** Nobody may touch `buffer` afterwards. */
  unmap(): void;
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const RLIMIT_MEMLOCK = 8;
const CLOCKS = { realtime: 0, monotonic: 1 } as const;
/** mmap's answer when it fails: -1 as an address. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/**
 * Loads koffi, a foreign function interface that is shipped compiled, and the C library of this process. Nothing else
 * of perfcase needs it; where it does not load, only this tracer is missing.
 * @throws Refused
 */
export async function loadLibc(bpfCall: number): Promise<Libc> {
  let koffi: typeof import('koffi');
  try {
    koffi = await import('koffi');
  } catch (error) {
    throw noLibrary(error);
  }
  try {
    return bind(koffi, bpfCall);
  } catch (error) {
    throw noLibrary(error);
  }
}

function noLibrary(error: unknown): Refused {
  const said = error instanceof Error ? error.message : String(error);
  return new Refused({
    kind: 'no-library',
    detail: said.replace(/ imported from .*|\n[\s\S]*/, '').slice(0, 120),
  });
}

function bind(koffi: typeof import('koffi'), bpfCall: number): Libc {
  // What this process has loaded already: glibc, or musl.
  const library = koffi.load(null);
  const syscall: (number: number, command: number, attributes: Buffer, size: number) => number | bigint =
    library.func('syscall', 'long', ['long', 'int', 'void *', 'uint']);
  const mmap: (
    at: null,
    bytes: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => bigint = library.func('mmap', 'uintptr_t', ['void *', 'size_t', 'int', 'int', 'int', 'long']);
  const munmap: (at: bigint | number, bytes: number) => number = library.func('munmap', 'int', [
    'uintptr_t',
    'size_t',
  ]);
  const close: (fd: number) => number = library.func('close', 'int', ['int']);
  const setrlimit: (resource: number, limits: Buffer) => number = library.func('setrlimit', 'int', [
    'int',
    'void *',
  ]);
  const clockGettime: (clock: number, time: Buffer) => number = library.func('clock_gettime', 'int', [
    'int',
    'void *',
  ]);
  return {
    bpf(command, attributes) {
      const result = Number(syscall(bpfCall, command, attributes, attributes.length));
      return result < 0 ? -koffi.errno() : result;
    },
    mapMemory(fd, bytes) {
      const at = BigInt(mmap(null, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
      if (at === MAP_FAILED) return undefined;
      return { buffer: koffi.view(at, bytes), unmap: () => void munmap(at, bytes) };
    },
    close: (fd) => (close(fd) < 0 ? -koffi.errno() : 0),
    unlimitLockedMemory() {
      setrlimit(RLIMIT_MEMLOCK, Buffer.alloc(16, 0xff));
    },
    clockNs(clock) {
      const time = Buffer.alloc(16);
      clockGettime(CLOCKS[clock], time);
      return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
    },
    addressOf: (buffer) => koffi.address(buffer),
  };
}
