import type { AccessClock } from '../store/access-clock.ts';
import type { FrozenValue } from '../store/frozen.ts';
import type { FrozenDatabase } from '../store/snapshot.ts';
import type { ByteSink } from './byte-sink.ts';
import { MAGIC, OPCODE, RDB_VERSION, TYPE } from './format.ts';

export interface EncodeOptions {
  /** Remarks at the beginning: name and text. */
  readonly aux: readonly (readonly [string, string])[];
  readonly checksum: boolean;
  /** Set when the eviction policy looks at the use of keys: then it is written, too. */
  readonly use: AccessClock | undefined;
}

/** A longer string, and a longer row of elements, is put in piece by piece. */
const LONG_STRING = 1024 * 1024;
const PAUSE_EVERY = 128;

/**
 * Puts a whole RDB file into the sink. Pauses (yields) at least once a key and often within a long value, so
 * that the caller can take what there is, write it, and let others have the event loop.
 */
export function* encodeRdb(
  databases: readonly FrozenDatabase[],
  sink: ByteSink,
  options: EncodeOptions,
): Generator<void> {
  if (options.checksum) sink.startChecksum();
  sink.raw(`${MAGIC}${String(RDB_VERSION).padStart(4, '0')}`);
  for (const [name, text] of options.aux) {
    sink.byte(OPCODE.aux);
    sink.string(name);
    sink.string(text);
  }
  for (const { id, size, expiring, keys } of databases) {
    sink.byte(OPCODE.selectDb);
    sink.size(id);
    sink.byte(OPCODE.resizeDb);
    sink.size(size);
    sink.size(expiring);
    for (const { key, value, expiry, stamp } of keys) {
      if (expiry !== undefined) {
        sink.byte(OPCODE.expireMs);
        sink.int64(BigInt(Math.trunc(expiry)));
      }
      if (options.use && stamp !== undefined) encodeUse(sink, options.use, stamp);
      sink.byte(typeNumber(value));
      sink.string(key);
      // Most values are short strings: spare them a generator.
      if (typeof value === 'string' && value.length < LONG_STRING) sink.string(value);
      else yield* encodeValue(sink, value);
      yield;
    }
  }
  sink.byte(OPCODE.end);
  sink.uint64(sink.checksum());
}

function encodeUse(sink: ByteSink, clock: AccessClock, stamp: number): void {
  if (clock.lfu) {
    sink.byte(OPCODE.frequency);
    sink.byte(clock.frequency(stamp));
  } else {
    sink.byte(OPCODE.idle);
    sink.size(clock.idleSeconds(stamp));
  }
}

/** The plain type of a value: one that every version of Redis reads. */
export function typeNumber(value: FrozenValue): number {
  if (typeof value === 'string') return TYPE.string;
  return value.kind === 'zset' ? TYPE.zset2 : TYPE[value.kind];
}

/** The value without its type. */
export function* encodeValue(sink: ByteSink, value: FrozenValue): Generator<void> {
  if (typeof value === 'string') {
    yield* encodeString(sink, value) ?? [];
    return;
  }
  switch (value.kind) {
    case 'list':
    case 'set':
      sink.size(value.items.length);
      yield* each(value.items.length, (i) => encodeString(sink, value.items[i]!));
      return;
    case 'hash':
      sink.size(value.fields.length);
      yield* each(value.fields.length * 2, (i) =>
        encodeString(sink, (i % 2 === 0 ? value.fields : value.values)[i >> 1]!),
      );
      return;
    case 'zset':
      sink.size(value.members.length);
      yield* each(
        value.members.length,
        (i) => encodeString(sink, value.members[i]!),
        (i) => {
          sink.double(value.scores[i]!);
        },
      );
  }
}

function* each(
  count: number,
  encode: (index: number) => Iterable<void> | undefined,
  then?: (index: number) => void,
): Generator<void> {
  for (let i = 0; i < count; i++) {
    const pauses = encode(i);
    if (pauses) yield* pauses;
    then?.(i);
    if (i % PAUSE_EVERY === PAUSE_EVERY - 1) yield;
  }
}

/** @returns pauses when the string is long; a short one has been put in at once */
function encodeString(sink: ByteSink, text: string): Iterable<void> | undefined {
  if (text.length >= LONG_STRING) return encodeLongString(sink, text);
  sink.string(text);
  return undefined;
}

function* encodeLongString(sink: ByteSink, text: string): Generator<void> {
  sink.size(text.length);
  for (let at = 0; at < text.length; at += LONG_STRING) {
    sink.raw(text.slice(at, at + LONG_STRING));
    yield;
  }
}
