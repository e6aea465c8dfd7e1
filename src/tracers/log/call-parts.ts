import type { ByteWriter } from './byte-writer.ts';
import type { Argument } from './calls.ts';
import { errnoName } from './errno.ts';
import { RECORD } from './record.ts';

/** How a call is printed. */
export interface Printed {
  readonly name: Buffer;
  readonly args: readonly Argument[];
  /** How its data are wrapped. */
  readonly shape: 'plain' | 'vector' | 'message';
}

/** strace's words for a call that a signal interrupted, and that the kernel will begin again: linux/errno.h. */
const RESTARTS: Readonly<Record<number, string>> = {
  512: 'ERESTARTSYS',
  513: 'ERESTARTNOINTR',
  514: 'ERESTARTNOHAND',
  516: 'ERESTART_RESTARTBLOCK',
};
/** clone(2); the rest is printed as a number. */
const CLONE_FLAGS: readonly [number, string][] = [
  [0x100, 'CLONE_VM'],
  [0x200, 'CLONE_FS'],
  [0x400, 'CLONE_FILES'],
  [0x800, 'CLONE_SIGHAND'],
  [0x4000, 'CLONE_VFORK'],
  [0x10000, 'CLONE_THREAD'],
];
const AT_FDCWD = -100;

const RESULT = RECORD.result / 4;
const MAX_ERRNO = 4095;

export const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const MORE = ascii('...');
const PART_BEGIN = ascii('[{iov_base=');
const PART_LENGTH = ascii(', iov_len=');
const PART_END = ascii('}]');
const MESSAGE_BEGIN = ascii('{msg_iov=');
const MESSAGE_END = ascii('}');
const CWD = ascii('AT_FDCWD');
const FLAGS = ascii('flags=');
const CLONE3_BEGIN = ascii('{flags=');
const CLONE3_END = ascii('}');

/** Writes the arguments and the result of a record as strace does. */
export class CallParts {
  private readonly errors = new Map<number, Buffer>();

  constructor(private readonly out: ByteWriter) {}

  argument(
    kind: Argument,
    shape: Printed['shape'],
    words: Uint32Array,
    bytes: Uint8Array,
    at: number,
    index: number,
  ): void {
    const { out } = this;
    const place = at + RECORD.args / 4 + 2 * index;
    const low = words[place]!;
    const payload = words[at + RECORD.payloadBytes / 4]!;
    switch (kind) {
      case 'fd':
        out.integer(low | 0);
        return;
      case 'dir':
        if ((low | 0) === AT_FDCWD) out.text(CWD);
        else out.integer(low | 0);
        return;
      case 'int':
        out.integer(s64(words, place));
        return;
      case 'size':
        out.integer(u64(words, place));
        return;
      case 'hex':
        out.hex(low, words[place + 1]!);
        return;
      case 'path':
        if (payload === 0) out.hex(low, words[place + 1]!);
        else out.quoted(bytes, (at << 2) + RECORD.bytes, payload);
        return;
      case 'data':
        if (payload === 0) out.hex(low, words[place + 1]!);
        else this.data(shape, bytes, (at << 2) + RECORD.bytes, payload, s64(words, at + RESULT));
        return;
      case 'flags':
        out.text(FLAGS);
        this.flags(low);
        return;
      case 'flags3':
        out.text(CLONE3_BEGIN);
        this.flags(payload === 0 ? 0 : words[at + RECORD.bytes / 4]!);
        out.text(CLONE3_END);
        return;
      default:
        kind satisfies never;
    }
  }

  /** What the record at `at` says that the call returned. */
  result(words: Uint32Array, at: number): void {
    const result = s64(words, at + RESULT);
    const { out } = this;
    if (result >= 0 || result < -MAX_ERRNO) {
      out.integer(result);
      return;
    }
    let name = this.errors.get(-result);
    if (!name) {
      const restart = RESTARTS[-result];
      name = ascii(restart === undefined ? `-1 ${errnoName(-result)}` : `? ${restart}`);
      this.errors.set(-result, name);
    }
    out.text(name);
  }

  private data(shape: Printed['shape'], bytes: Uint8Array, at: number, payload: number, moved: number): void {
    const { out } = this;
    if (shape === 'message') out.text(MESSAGE_BEGIN);
    if (shape !== 'plain') out.text(PART_BEGIN);
    out.quoted(bytes, at, payload);
    if (payload < moved) out.text(MORE);
    if (shape !== 'plain') {
      out.text(PART_LENGTH);
      out.integer(moved);
      out.text(PART_END);
    }
    if (shape === 'message') out.text(MESSAGE_END);
  }

  private flags(flags: number): void {
    let text = '';
    let rest = flags;
    for (const [bit, name] of CLONE_FLAGS) {
      if (!(flags & bit)) continue;
      text += `${name}|`;
      rest &= ~bit;
    }
    this.out.text(ascii(`${text}0x${(rest >>> 0).toString(16)}`));
  }
}

/** A number of 64 bits in two words, low half first; exact up to 2^53. */
export function u64(words: Uint32Array, at: number): number {
  return words[at + 1]! * 2 ** 32 + words[at]!;
}

function s64(words: Uint32Array, at: number): number {
  return (words[at + 1]! | 0) * 2 ** 32 + words[at]!;
}
