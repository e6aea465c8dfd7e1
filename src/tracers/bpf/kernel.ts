import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoName } from '../log/errno.ts';
import type { Libc } from './libc.ts';
import { Refused } from './refusal.ts';

/**
 * bpf(2): maps, programs, and attaching them to raw tracepoints. The attributes are laid out as `union bpf_attr` in
 * linux/bpf.h. Everything is held by descriptors that close with this process, and nothing is pinned: when perfcase
 * ends, however, the kernel takes the programs away.
 */

/** enum bpf_cmd */
const COMMAND = { createMap: 0, loadProgram: 5, openRawTracepoint: 17 } as const;
/** enum bpf_map_type */
const MAP_TYPE_ARRAY = 2;
const PROGRAM_RAW_TRACEPOINT = 17;
/** The map's value can be mapped into this process. */
const BPF_F_MMAPABLE = 1 << 10;
/** Reading memory is kept for programs that say they are under the GPL or a licence that goes with it. */
const LICENSE = Buffer.from('Dual MIT/GPL\0');
const LOG_BYTES = 1 << 20;

const { EPERM, EACCES, ENOENT, EINVAL, ENOSYS, E2BIG, ENOMEM } = constants.errno;

/** Descriptors are handed to `own`, who closes them. */
export class Kernel {
  constructor(
    private readonly libc: Libc,
    private readonly own: (fd: number) => void,
  ) {}

  /** Memory that programs and this process share: an array map of one element of so many bytes. @throws Refused */
  createSharedMemory(bytes: number): number {
    const attributes = Buffer.alloc(72);
    // Type, bytes of a key, bytes of a value, elements, flags.
    for (const [at, value] of [MAP_TYPE_ARRAY, 4, bytes, 1, BPF_F_MMAPABLE].entries()) {
      attributes.writeUInt32LE(value, at * 4);
    }
    let fd = this.libc.bpf(COMMAND.createMap, attributes);
    if (fd === -EPERM || fd === -ENOMEM) {
      this.libc.unlimitLockedMemory();
      fd = this.libc.bpf(COMMAND.createMap, attributes);
    }
    if (fd < 0) throw refusedMap(fd);
    this.own(fd);
    return fd;
  }

  /** Loads a program for a raw tracepoint. @throws Refused, with what the verifier said when it was the verifier */
  loadProgram(code: Buffer): number {
    const attributes = Buffer.alloc(48);
    attributes.writeUInt32LE(PROGRAM_RAW_TRACEPOINT, 0);
    attributes.writeUInt32LE(code.length / 8, 4);
    attributes.writeBigUInt64LE(this.libc.addressOf(code), 8);
    attributes.writeBigUInt64LE(this.libc.addressOf(LICENSE), 16);
    const fd = this.libc.bpf(COMMAND.loadProgram, attributes);
    if (fd >= 0) {
      this.own(fd);
      return fd;
    }
    if (fd === -EPERM) throw new Refused({ kind: isLockedDown() ? 'lockdown' : 'privilege' });
    // Once more, to hear why: the log costs time that a program which loads need not pay.
    const log = Buffer.alloc(LOG_BYTES);
    attributes.writeUInt32LE(1, 24);
    attributes.writeUInt32LE(LOG_BYTES, 28);
    attributes.writeBigUInt64LE(this.libc.addressOf(log), 32);
    const again = this.libc.bpf(COMMAND.loadProgram, attributes);
    if (again >= 0) {
      this.own(again);
      return again;
    }
    if (isLockedDown()) throw new Refused({ kind: 'lockdown' });
    const said = lastWords(log.toString('latin1'));
    if (said === undefined) throw failed('load its program', again);
    throw new Refused({ kind: 'verifier', said });
  }

  /** Attaches a program to "sys_enter" or "sys_exit"; it stays until the descriptor closes. @throws Refused */
  attach(tracepoint: string, program: number): number {
    const name = Buffer.from(`${tracepoint}\0`);
    const attributes = Buffer.alloc(16);
    attributes.writeBigUInt64LE(this.libc.addressOf(name), 0);
    attributes.writeUInt32LE(program, 8);
    const fd = this.libc.bpf(COMMAND.openRawTracepoint, attributes);
    if (fd === -ENOENT) throw new Refused({ kind: 'kernel', lacks: 'tracepoints for system calls' });
    if (fd === -EPERM || fd === -EACCES) throw new Refused({ kind: 'privilege' });
    if (fd < 0) throw failed(`attach to ${tracepoint}`, fd);
    this.own(fd);
    return fd;
  }
}

function refusedMap(result: number): Refused {
  if (result === -EPERM || result === -EACCES) return new Refused({ kind: 'privilege' });
  if (result === -ENOSYS) return new Refused({ kind: 'kernel', lacks: 'bpf(2)' });
  if (result === -EINVAL || result === -E2BIG) {
    return new Refused({ kind: 'kernel', lacks: 'BPF maps that a process can map; Linux 5.5 brings them' });
  }
  return failed('make a map', result);
}

function failed(step: string, result: number): Refused {
  return new Refused({ kind: 'failed', step, error: errnoName(-result) });
}

/** The verifier's verdict stands in front of its statistics. */
export function lastWords(log: string): string | undefined {
  const lines = log
    .slice(0, log.indexOf('\0') < 0 ? undefined : log.indexOf('\0'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:processed \d+ insns|verification time|stack depth)/.test(line));
  return lines.at(-1)?.slice(0, 160);
}

/** kernel_lockdown(7): with "confidentiality" BPF programs may not read kernel memory. */
function isLockedDown(): boolean {
  try {
    return readFileSync('/sys/kernel/security/lockdown', 'latin1').includes('[confidentiality]');
  } catch {
    return false;
  }
}
