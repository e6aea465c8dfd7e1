import {
  HEADS,
  HEADS_AT,
  LENGTHS_AT,
  MARK_CLOSES,
  MARK_FORKS,
  MARK_NO_TEXT,
  MARK_OPENS,
  MARK_SYNC,
  MARK_WAITS,
  MARKS_AT,
  MAX_NAMES,
  NAME_WORDS,
  NAME_WORDS_AT,
  NEXT_AT,
} from './strace-kernel/layout.ts';

const MARKS: readonly (readonly [mark: number, names: string])[] = [
  [MARK_SYNC, 'fsync fdatasync sync_file_range syncfs msync'],
  // Bring a descriptor to life: later calls on it are understood through them.
  [MARK_OPENS, 'open openat openat2 creat accept accept4 socket dup dup2 dup3 connect'],
  [MARK_CLOSES, 'close'],
  // Wait for somebody else; their time is no work.
  [
    MARK_WAITS,
    `epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 futex pause nanosleep clock_nanosleep
    restart_syscall wait4 waitid rt_sigtimedwait rt_sigsuspend accept accept4 io_getevents io_uring_enter read recv
    recvfrom recvmsg`,
  ],
  [MARK_FORKS, 'clone clone3 fork vfork'],
  // Print no quoted text, whose end might have to be looked for.
  [
    MARK_NO_TEXT,
    `epoll_wait epoll_pwait epoll_pwait2 epoll_ctl poll ppoll select pselect6 futex nanosleep clock_nanosleep close
    fsync fdatasync accept accept4 restart_syscall madvise mmap munmap mprotect brk lseek dup dup2 dup3`,
  ],
];

/** Names of system calls, found by their bytes, four at a time, here and in the kernel. */
export class NameTable {
  readonly list: string[] = [];
  readonly marks: Uint8Array;
  private readonly ids = new Map<string, number>();
  private readonly lengths: Uint8Array;
  /** The bytes of each name, from NAME_WORDS * its number on, little-endian. */
  private readonly words: Int32Array;
  private readonly heads: Int32Array;
  private readonly next: Int32Array;

  constructor(memory: ArrayBuffer) {
    this.marks = new Uint8Array(memory, MARKS_AT, MAX_NAMES + 1);
    this.lengths = new Uint8Array(memory, LENGTHS_AT, MAX_NAMES + 1);
    this.words = new Int32Array(memory, NAME_WORDS_AT, (MAX_NAMES + 1) * NAME_WORDS);
    this.heads = new Int32Array(memory, HEADS_AT, HEADS).fill(-1);
    this.next = new Int32Array(memory, NEXT_AT, MAX_NAMES + 1).fill(-1);
  }

  /** The number of a name, a new one if need be; names past the last number share it. */
  idFor(name: string): number {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    if (this.list.length >= MAX_NAMES) return MAX_NAMES;
    const id = this.list.push(name) - 1;
    this.ids.set(name, id);
    for (const [mark, names] of MARKS) if (names.split(/\s+/).includes(name)) this.marks[id]! |= mark;
    if (name.length >= 4 && name.length <= 4 * NAME_WORDS) this.enter(id, Buffer.from(name, 'latin1'));
    return id;
  }

  /**
   * The number of the name that begins at `at` and ends before `stop`; -1 when it is not known, or too short.
   * @param view of the same bytes
   */
  find(view: DataView, at: number, stop: number): number {
    const first = view.getInt32(at, true);
    for (let id = this.heads[headOf(first)]!; id >= 0; id = this.next[id]!) {
      const length = this.lengths[id]!;
      const base = id * NAME_WORDS;
      if (this.words[base] !== first || view.getUint8(at + length) !== stop) continue;
      let word = 1;
      const whole = length >> 2;
      while (word < whole && this.words[base + word] === view.getInt32(at + 4 * word, true)) word++;
      if (word < whole) continue;
      // The last four bytes, which overlap the word before them.
      if (view.getInt32(at + length - 4, true) === this.words[base + NAME_WORDS - 1]) return id;
    }
    return -1;
  }

  lengthOf(id: number): number {
    return this.lengths[id]!;
  }

  private enter(id: number, bytes: Buffer): void {
    const base = id * NAME_WORDS;
    this.lengths[id] = bytes.length;
    for (let word = 0; word < bytes.length >> 2; word++)
      this.words[base + word] = bytes.readInt32LE(4 * word);
    this.words[base + NAME_WORDS - 1] = bytes.readInt32LE(bytes.length - 4);
    const head = headOf(bytes.readInt32LE(0));
    this.next[id] = this.heads[head]!;
    this.heads[head] = id;
  }
}

function headOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 24;
}
