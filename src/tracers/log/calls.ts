/**
 * What the kernel program copies beside the numbers of a call. The values are the bytes of the table that the
 * program looks into; 0 there means that the call is not watched.
 */
export const CAPTURE = {
  numbers: 1,
  /** The bytes at the second argument that moved. */
  buffer: 2,
  /** The same, out of the parts that an array of struct iovec at the second argument names. */
  vector: 3,
  /** The same, out of the struct msghdr at the second argument. */
  message: 4,
  /** The string at the first or at the second argument. */
  firstPath: 5,
  secondPath: 6,
  /** Makes a thread or a process: flags in the first argument, in a struct clone_args, or none at all. */
  clone: 7,
  clone3: 8,
  fork: 9,
  /** Like "numbers", but left out when it returned at once: a server that is busy asks and never waits. */
  wait: 10,
} as const;

export type Capture = keyof typeof CAPTURE;

/**
 * How an argument is printed: a descriptor, the directory of a path, a signed or unsigned number, hexadecimal, the
 * flags of clone, or (data, path, flags3) what was captured.
 */
export type Argument = 'fd' | 'dir' | 'int' | 'size' | 'hex' | 'flags' | 'data' | 'path' | 'flags3';

export interface WatchedCall {
  /** On this machine. */
  readonly number: number;
  readonly name: string;
  readonly capture: Capture;
  readonly args: readonly Argument[];
}

/** The program's table has so many entries; calls are numbered below 512 on both machines. */
export const MAX_CALLS = 512;

/** Name, number on x86-64, number on arm64 (undefined: not there), what is captured, how it is printed. */
type Row = readonly [string, number | undefined, number | undefined, Capture, string];

/**
 * Calls that move data, make or end descriptors and threads, sync, or wait. The rest is left to run unwatched: the
 * fewer records, the lighter the tracer. Numbers: asm/unistd_64.h on x86-64, asm-generic/unistd.h on arm64.
 */
const ROWS: readonly Row[] = [
  ['read', 0, 63, 'buffer', 'fd data size'],
  ['write', 1, 64, 'buffer', 'fd data size'],
  ['pread64', 17, 67, 'buffer', 'fd data size int'],
  ['pwrite64', 18, 68, 'buffer', 'fd data size int'],
  ['readv', 19, 65, 'vector', 'fd data size'],
  ['writev', 20, 66, 'vector', 'fd data size'],
  ['preadv', 295, 69, 'vector', 'fd data size int'],
  ['pwritev', 296, 70, 'vector', 'fd data size int'],
  ['preadv2', 327, 286, 'vector', 'fd data size int'],
  ['pwritev2', 328, 287, 'vector', 'fd data size int'],
  ['sendto', 44, 206, 'buffer', 'fd data size hex'],
  ['recvfrom', 45, 207, 'buffer', 'fd data size hex'],
  ['sendmsg', 46, 211, 'message', 'fd data hex'],
  ['recvmsg', 47, 212, 'message', 'fd data hex'],
  ['sendmmsg', 307, 269, 'numbers', 'fd hex size hex'],
  ['recvmmsg', 299, 243, 'numbers', 'fd hex size hex'],
  ['sendfile', 40, 71, 'numbers', 'fd fd hex size'],
  ['splice', 275, 76, 'numbers', 'fd hex fd hex'],
  ['fsync', 74, 82, 'numbers', 'fd'],
  ['fdatasync', 75, 83, 'numbers', 'fd'],
  ['sync_file_range', 277, 84, 'numbers', 'fd int int hex'],
  ['syncfs', 306, 267, 'numbers', 'fd'],
  ['msync', 26, 227, 'numbers', 'hex size hex'],
  ['ftruncate', 77, 46, 'numbers', 'fd int'],
  ['fallocate', 285, 47, 'numbers', 'fd hex int int'],
  ['open', 2, undefined, 'firstPath', 'path hex hex'],
  ['creat', 85, undefined, 'firstPath', 'path hex'],
  ['openat', 257, 56, 'secondPath', 'dir path hex hex'],
  ['openat2', 437, 437, 'secondPath', 'dir path hex size'],
  ['unlink', 87, undefined, 'firstPath', 'path'],
  ['unlinkat', 263, 35, 'secondPath', 'dir path hex'],
  ['rename', 82, undefined, 'firstPath', 'path hex'],
  ['renameat', 264, 38, 'secondPath', 'dir path dir hex'],
  ['renameat2', 316, 276, 'secondPath', 'dir path dir hex'],
  ['close', 3, 57, 'numbers', 'fd'],
  ['close_range', 436, 436, 'numbers', 'fd fd hex'],
  ['dup', 32, 23, 'numbers', 'fd'],
  ['dup2', 33, undefined, 'numbers', 'fd fd'],
  ['dup3', 292, 24, 'numbers', 'fd fd hex'],
  ['socket', 41, 198, 'numbers', 'int hex int'],
  ['connect', 42, 203, 'numbers', 'fd hex int'],
  ['accept', 43, 202, 'numbers', 'fd hex hex'],
  ['accept4', 288, 242, 'numbers', 'fd hex hex hex'],
  ['shutdown', 48, 210, 'numbers', 'fd int'],
  ['clone', 56, 220, 'clone', 'flags hex hex hex'],
  ['clone3', 435, 435, 'clone3', 'flags3 size'],
  ['fork', 57, undefined, 'fork', ''],
  ['vfork', 58, undefined, 'fork', ''],
  ['wait4', 61, 260, 'numbers', 'int hex hex hex'],
  ['epoll_wait', 232, undefined, 'wait', 'fd hex int int'],
  ['epoll_pwait', 281, 22, 'wait', 'fd hex int int'],
  ['epoll_pwait2', 441, 441, 'wait', 'fd hex int hex'],
  ['poll', 7, undefined, 'wait', 'hex size int'],
  ['ppoll', 271, 73, 'wait', 'hex size hex hex'],
  ['select', 23, undefined, 'wait', 'int hex hex hex'],
  ['pselect6', 270, 72, 'wait', 'int hex hex hex'],
  ['nanosleep', 35, 101, 'numbers', 'hex hex'],
  ['clock_nanosleep', 230, 115, 'numbers', 'int hex hex hex'],
  ['io_uring_enter', 426, 426, 'numbers', 'fd size size hex'],
];

/** Machines whose numbers are known, as `process.arch` names them. */
export type Machine = 'x64' | 'arm64';

/** @returns undefined for a machine whose numbers are not known */
export function machineOf(name: string): Machine | undefined {
  return name === 'x64' || name === 'arm64' ? name : undefined;
}

/** The calls that are watched on a machine. */
export function watchedCalls(machine: Machine): WatchedCall[] {
  return ROWS.flatMap(([name, x64, arm64, capture, args]) => {
    const number = machine === 'x64' ? x64 : arm64;
    if (number === undefined) return [];
    return [{ number, name, capture, args: args.split(' ').filter((arg) => arg !== '') as Argument[] }];
  });
}

/** What the kernel program looks up: one byte for each number, from CAPTURE. */
export function captureTable(calls: readonly WatchedCall[]): Uint8Array {
  const table = new Uint8Array(MAX_CALLS);
  for (const { number, capture } of calls) table[number] = CAPTURE[capture];
  return table;
}
