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
const COMMAND = { createMap: 0, updateElement: 2, loadProgram: 5, openRawTracepoint: 17 } as const;
/** enum bpf_map_type */
const MAP_TYPE = { hash: 1, array: 2 } as const;
const PROGRAM_RAW_TRACEPOINT = 17;
/** The map's value can be mapped into this process. */
export const BPF_F_MMAPABLE = 1 << 10;
/** Reading memory is kept for programs that say they are under the GPL or a licence that goes with it. */
const LICENSE = Buffer.from('Dual MIT/GPL\0');
const LOG_BYTES = 1 << 20;

const { EPERM, EACCES, ENOENT, EINVAL, ENOSYS, E2BIG, ENOMEM } = constants.errno;

export interface MapShape {
  readonly type: keyof typeof MAP_TYPE;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entries: number;
  readonly flags?: number;
}

/** Descriptors are handed to `own`, who closes them. */
export class Kernel {
  constructor(
    private readonly libc: Libc,
    private readonly own: (fd: number) => void,
  ) {}

  /** @throws Refused */
  createMap(shape: MapShape): number {
    const attributes = Buffer.alloc(72);
    const { type, keyBytes, valueBytes, entries, flags } = shape;
    for (const [at, value] of [MAP_TYPE[type], keyBytes, valueBytes, entries, flags ?? 0].entries()) {
      attributes.writeUInt32LE(value, at * 4);
    }
    let fd = this.libc.bpf(COMMAND.createMap, attributes);
    if (fd === -EPERM || fd === -ENOMEM) {
      this.libc.unlimitLockedMemory();
      fd = this.libc.bpf(COMMAND.createMap, attributes);
    }
    if (fd < 0) throw refusedMap(type, fd);
    this.own(fd);
    return fd;
  }

  /** Puts a 32-bit key with a 32-bit value into a map. @throws Refused */
  put(map: number, key: number, value: number): void {
    const pair = Buffer.alloc(8);
    pair.writeUInt32LE(key, 0);
    pair.writeUInt32LE(value, 4);
    const attributes = Buffer.alloc(32);
    const address = this.libc.addressOf(pair);
    attributes.writeUInt32LE(map, 0);
    attributes.writeBigUInt64LE(address, 8);
    attributes.writeBigUInt64LE(address + 4n, 16);
    const result = this.libc.bpf(COMMAND.updateElement, attributes);
    if (result < 0) throw failed('name the watched processes', result);
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

function refusedMap(type: MapShape['type'], result: number): Refused {
  if (result === -EPERM || result === -EACCES) return new Refused({ kind: 'privilege' });
  if (result === -ENOSYS) return new Refused({ kind: 'kernel', lacks: 'bpf(2)' });
  if (result === -EINVAL || result === -E2BIG) {
    // The youngest part: mapped arrays came with Linux 5.5.
    return new Refused({
      kind: 'kernel',
      lacks: `BPF map of the kind "${type}"; Linux 5.5 brings all of them`,
    });
  }
  return failed(`make a map (${type})`, result);
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
