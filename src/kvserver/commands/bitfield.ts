import { CommandError } from '../command-error.ts';
import { array, integer, nil } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import { parseInt64 } from './arguments.ts';
import { bitOffset } from './bits.ts';
import type { CommandSpec } from './spec.ts';

/** An integer of 1 to 64 bits: "i16", "u8". */
interface IntegerType {
  readonly signed: boolean;
  readonly bits: number;
}

type Overflow = 'wrap' | 'sat' | 'fail';

/** One subcommand of BITFIELD. */
interface Operation {
  readonly kind: 'get' | 'set' | 'incrby';
  readonly type: IntegerType;
  /** In bits. */
  readonly offset: number;
  /** What is written, or added. */
  readonly by: bigint;
  readonly overflow: Overflow;
}

function typeArg(text: string): IntegerType {
  const match = /^([iu])(\d{1,2})$/.exec(text);
  const bits = Number(match?.[2]);
  const signed = match?.[1] === 'i';
  if (!match || bits < 1 || bits > (signed ? 64 : 63)) {
    throw new CommandError(
      'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
    );
  }
  return { signed, bits };
}

/** "100" is a bit, "#3" the fourth integer of the type. */
function offsetArg(text: string, type: IntegerType, session: Session): number {
  if (!text.startsWith('#')) return bitOffset(text, session);
  const index = parseInt64(text.slice(1));
  return bitOffset(index === undefined ? '' : String(index * BigInt(type.bits)), session);
}

function overflowArg(text = ''): Overflow {
  const word = text.toLowerCase();
  if (word === 'wrap' || word === 'sat' || word === 'fail') return word;
  throw new CommandError('ERR Invalid OVERFLOW type specified');
}

function readOperations(session: Session, args: readonly string[]): Operation[] {
  const operations: Operation[] = [];
  let overflow: Overflow = 'wrap';
  for (let at = 2; at < args.length; ) {
    const word = args[at]!.toLowerCase();
    const left = args.length - at - 1;
    if (word === 'overflow' && left >= 1) {
      overflow = overflowArg(args[at + 1]);
      at += 2;
      continue;
    }
    const writes = word === 'set' || word === 'incrby';
    if (!(word === 'get' && left >= 2) && !(writes && left >= 3)) throw CommandError.syntax();
    const type = typeArg(args[at + 1]!);
    const offset = offsetArg(args[at + 2]!, type, session);
    const by = writes ? parseInt64(args[at + 3]!) : 0n;
    if (by === undefined) throw CommandError.notAnInteger();
    operations.push({ kind: writes ? word : 'get', type, offset, by, overflow });
    at += writes ? 4 : 3;
  }
  return operations;
}

/** Reads an integer whose highest bit comes first; beyond the end there are zeros. */
function readBits(bytes: Uint8Array, { signed, bits }: IntegerType, offset: number): bigint {
  let value = 0n;
  for (let at = offset; at < offset + bits; at++) {
    const byte = bytes[Math.floor(at / 8)] ?? 0;
    value = (value << 1n) | BigInt((byte >> (7 - (at % 8))) & 1);
  }
  return signed ? BigInt.asIntN(bits, value) : value;
}

function writeBits(bytes: Uint8Array, { bits }: IntegerType, offset: number, value: bigint): void {
  for (let i = 0; i < bits; i++) {
    const at = offset + bits - 1 - i;
    const mask = 1 << (7 - (at % 8));
    const byte = Math.floor(at / 8);
    if ((value >> BigInt(i)) & 1n) bytes[byte]! |= mask;
    else bytes[byte]! &= ~mask;
  }
}

/** Brings a number into the range of a type. @returns undefined when it does not fit and must fail */
function intoRange(value: bigint, { signed, bits }: IntegerType, overflow: Overflow): bigint | undefined {
  const max = signed ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n;
  const min = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  if (value >= min && value <= max) return value;
  if (overflow === 'fail') return undefined;
  if (overflow === 'sat') return value > max ? max : min;
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Carries an operation out. @returns what it answers; undefined when it failed by OVERFLOW FAIL */
function carryOut(bytes: Uint8Array, { kind, type, offset, by, overflow }: Operation): bigint | undefined {
  const before = readBits(bytes, type, offset);
  if (kind === 'get') return before;
  // An unsigned type takes a negative value as the bits it is made of, which are many.
  const wanted = kind === 'incrby' ? before + by : type.signed || by >= 0n ? by : BigInt.asUintN(64, by);
  const after = intoRange(wanted, type, overflow);
  if (after === undefined) return undefined;
  writeBits(bytes, type, offset, after);
  return kind === 'set' ? before : after;
}

function runBitfield(session: Session, args: readonly string[], readOnly: boolean): string {
  const { db, resp } = session;
  const key = args[1]!;
  const operations = readOperations(session, args);
  const writes = operations.filter((one) => one.kind !== 'get');
  if (readOnly && writes.length > 0) {
    throw new CommandError('ERR BITFIELD_RO only supports the GET subcommand');
  }
  const before = (writes.length > 0 ? db.writableString(key) : db.readString(key)) ?? '';
  const needed = Math.max(0, ...writes.map(({ offset, type }) => Math.ceil((offset + type.bits) / 8)));
  const bytes = Buffer.from(before.padEnd(needed, '\0'), 'latin1');
  const grown = bytes.length > before.length;
  let changes = 0;
  const replies = operations.map((one) => {
    const answer = carryOut(bytes, one);
    if (answer === undefined) return nil(resp);
    // Setting what is there already is no change, unless the string grew for it.
    if (one.kind === 'incrby') changes++;
    else if (one.kind === 'set' && (grown || readBits(bytes, one.type, one.offset) !== answer)) changes++;
    return integer(answer);
  });
  if (writes.length > 0) db.put(key, bytes.toString('latin1'));
  if (changes > 0) db.changed(key, 'setbit');
  // Every operation has failed, yet the string is longer: that is written, and nobody is told.
  else if (grown) session.server.dirty++;
  return array(replies);
}

function bitfield(name: 'bitfield' | 'bitfield_ro', since: string, summary: string): CommandSpec {
  const readOnly = name === 'bitfield_ro';
  return {
    name,
    arity: -2,
    flags: readOnly ? ['readonly', 'fast'] : ['write', 'denyoom'],
    keys: { first: 1, last: 1, step: 1 },
    group: 'bitmap',
    since,
    summary,
    complexity: 'O(N) for changes, N being the length of the string; O(1) a value that is only read',
    run: (session, args) => runBitfield(session, args, readOnly),
  };
}

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages BITFIELD, BITFIELD_RO. */
export const BITFIELD_COMMANDS: readonly CommandSpec[] = [
  bitfield('bitfield', '3.2.0', 'Reads and changes integers of any width within a string.'),
  bitfield('bitfield_ro', '6.0.0', 'Reads integers of any width within a string.'),
];
