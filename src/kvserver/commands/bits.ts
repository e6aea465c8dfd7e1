import { MAX_STRING } from '../byte-queue.ts';
import { CommandError } from '../command-error.ts';
import { integer, ONE, ZERO } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { integerArg, parseInt64 } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

/** The set bits of each byte. */
const POPULATION = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return count;
});

/** The place of a bit; the first is the highest bit of the first byte. @throws CommandError */
export function bitOffset(text: string, { server }: Session): number {
  const offset = parseInt64(text);
  const limit = Math.min(server.config.values['proto-max-bulk-len'], MAX_STRING);
  if (offset === undefined || offset < 0n || offset / 8n >= BigInt(limit)) {
    throw new CommandError('ERR bit offset is not an integer or out of range');
  }
  return Number(offset);
}

export function bitAt(text: string, offset: number): number {
  const byte = Math.floor(offset / 8);
  return byte >= text.length ? 0 : (text.charCodeAt(byte) >> (7 - (offset % 8))) & 1;
}

const getbit: CommandSpec = {
  name: 'getbit',
  arity: 3,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'bitmap',
  since: '2.2.0',
  summary: 'Returns the bit at an offset of a string.',
  complexity: 'O(1)',
  run(session, args) {
    const offset = bitOffset(args[2]!, session);
    return bitAt(session.db.readString(args[1]!) ?? '', offset) === 1 ? ONE : ZERO;
  },
};

const setbit: CommandSpec = {
  name: 'setbit',
  arity: 4,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'bitmap',
  since: '2.2.0',
  summary: 'Sets or clears the bit at an offset of a string and returns what it was.',
  complexity: 'O(N), N being the length of the string in bytes: strings never change in place',
  run(session, args) {
    const { db } = session;
    const key = args[1]!;
    const offset = bitOffset(args[2]!, session);
    const on = args[3] === '1';
    if (!on && args[3] !== '0') throw new CommandError('ERR bit is not an integer or out of range');
    const before = db.writableString(key);
    const at = Math.floor(offset / 8);
    const text = (before ?? '').padEnd(at + 1, '\0');
    const was = bitAt(text, offset);
    const mask = 1 << (7 - (offset % 8));
    const byte = on ? text.charCodeAt(at) | mask : text.charCodeAt(at) & ~mask;
    if (before?.length === text.length && was === Number(on)) return integer(was);
    db.put(key, text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1));
    db.changed(key, 'setbit');
    return integer(was);
  },
};

/** From the first bit to the last, both included; undefined when nothing is left. */
interface BitRange {
  readonly from: number;
  readonly to: number;
}

function unitArg(word: string | undefined): 'bit' | 'byte' {
  const unit = word?.toLowerCase() ?? 'byte';
  if (unit !== 'bit' && unit !== 'byte') throw CommandError.syntax();
  return unit;
}

/** Negative places count from the end. @param end undefined: up to the end */
function bitRange(length: number, start: number, end: number | undefined, unit: 'bit' | 'byte'): BitRange {
  const total = unit === 'bit' ? length * 8 : length;
  const first = Math.max(0, start < 0 ? total + start : start);
  const wanted = end ?? total - 1;
  const last = Math.min(total - 1, Math.max(0, wanted < 0 ? total + wanted : wanted));
  return unit === 'bit' ? { from: first, to: last } : { from: first * 8, to: last * 8 + 7 };
}

const bitcount: CommandSpec = {
  name: 'bitcount',
  arity: -2,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'bitmap',
  since: '2.6.0',
  summary: 'Counts the set bits of a string, or of a part of it.',
  complexity: 'O(N), N being the length of the part',
  run({ db }, args) {
    const text = db.readString(args[1]!);
    if (text === undefined) return ZERO;
    if (args.length === 3 || args.length > 5) throw CommandError.syntax();
    let range: BitRange = { from: 0, to: text.length * 8 - 1 };
    if (args.length > 2) {
      const start = integerArg(args[2]!);
      const end = integerArg(args[3]!);
      if (start < 0 && end < 0 && start > end) return ZERO;
      range = bitRange(text.length, start, end, unitArg(args[4]));
    }
    return integer(countBits(text, range));
  },
};

function countBits(text: string, { from, to }: BitRange): number {
  if (from > to) return 0;
  const first = Math.floor(from / 8);
  const last = Math.floor(to / 8);
  let count = 0;
  for (let at = first; at <= last; at++) {
    let byte = text.charCodeAt(at);
    if (at === first) byte &= 0xff >> (from % 8);
    if (at === last) byte &= 0xff << (7 - (to % 8));
    count += POPULATION[byte & 0xff]!;
  }
  return count;
}

const bitpos: CommandSpec = {
  name: 'bitpos',
  arity: -3,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'bitmap',
  since: '2.8.7',
  summary: 'Finds the first set or clear bit of a string, or of a part of it.',
  complexity: 'O(N), N being the length of the part',
  run({ db }, args) {
    const bit = integerArg(args[2]!);
    if (bit !== 0 && bit !== 1) throw new CommandError('ERR The bit argument must be 1 or 0.');
    const text = db.readString(args[1]!);
    if (text === undefined) return integer(bit === 1 ? -1 : 0);
    if (args.length > 6) throw CommandError.syntax();
    const start = args[3] === undefined ? 0 : integerArg(args[3]);
    const unit = unitArg(args[5]);
    const end = args[4] === undefined ? undefined : integerArg(args[4]);
    const range = bitRange(text.length, start, end, unit);
    if (range.from > range.to) return integer(-1);
    const found = findBit(text, bit, range);
    // Without an end, a string counts as followed by clear bits for ever.
    if (found === -1 && bit === 0 && end === undefined) return integer(text.length * 8);
    return integer(found);
  },
};

function findBit(text: string, bit: number, { from, to }: BitRange): number {
  const nothing = bit === 1 ? 0 : 0xff;
  for (let at = from; at <= to; ) {
    if (at % 8 === 0 && text.charCodeAt(at / 8) === nothing) at += 8;
    else if (bitAt(text, at) === bit) return at;
    else at++;
  }
  return -1;
}

type Combine = (a: number, b: number) => number;
const OPERATIONS: Readonly<Record<string, Combine>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  not: (a) => ~a & 0xff,
};

const bitop: CommandSpec = {
  name: 'bitop',
  arity: -4,
  flags: ['write', 'denyoom'],
  keys: { first: 2, last: -1, step: 1 },
  group: 'bitmap',
  since: '2.6.0',
  summary: 'Combines strings bit by bit and stores the result.',
  complexity: 'O(N), N being the bytes of all strings',
  run({ db }, args) {
    const name = args[1]!.toLowerCase();
    const combine = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (!combine) throw CommandError.syntax();
    if (name === 'not' && args.length !== 4) {
      throw new CommandError('ERR BITOP NOT must be called with a single source key.');
    }
    const sources = args.slice(3).map((key) => Buffer.from(db.readString(key) ?? '', 'latin1'));
    const target = args[2]!;
    const result =
      name === 'not' ? sources[0]!.map((byte) => combine(byte, 0)) : combineAll(sources, combine);
    if (result.length > 0) {
      db.set(target, Buffer.from(result).toString('latin1'));
      db.changed(target, 'set');
    } else if (db.delete(target)) db.changed(target, 'del');
    return integer(result.length);
  },
};

/** Shorter strings count as filled up with zeros. */
function combineAll(sources: readonly Buffer[], combine: Combine): Buffer {
  const result = Buffer.alloc(Math.max(...sources.map((one) => one.length)));
  for (let at = 0; at < result.length; at++) {
    let byte = sources[0]![at] ?? 0;
    for (let i = 1; i < sources.length; i++) byte = combine(byte, sources[i]![at] ?? 0);
    result[at] = byte;
  }
  return result;
}

/**
 * Cost: `complexity` of each. Source: the command reference of Redis 7, pages GETBIT, SETBIT, BITCOUNT, BITPOS,
 * BITOP.
 */
export const BIT_COMMANDS: readonly CommandSpec[] = [getbit, setbit, bitcount, bitpos, bitop];
