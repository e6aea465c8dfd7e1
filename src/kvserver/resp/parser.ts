import { latin1 } from './latin1.ts';
import { ProtocolError } from './protocol-error.ts';
import { splitWords } from './split-words.ts';
import { LONGEST_WORD, word } from './words.ts';

/** Longest line without its end: an inline command, or the count of a multibulk or bulk. */
const MAX_LINE = 64 * 1024;
/** What a client may send before it has given the password, so that strangers cannot fill the memory. */
const UNAUTHENTICATED_ARGS = 10;
const UNAUTHENTICATED_BULK = 16 * 1024;
const MAX_ARGS = 2 ** 31 - 1;
/** Up to this many arguments are given their room at once; beyond, a header's promise is not trusted. */
const TRUSTED_ARGS = 64;

const CR = 13;
const LF = 10;
const ZERO = 48;
const DOLLAR = 36;
const STAR = 42;
const HASH = 35;

export interface ProtocolLimits {
  /** The directive proto-max-bulk-len. */
  readonly maxBulkLength: number;
  readonly authenticated: boolean;
  /** Set for an append-only file, where a line that starts with # is a remark and an inline command an error. */
  readonly file?: boolean;
}

const EMPTY = Buffer.alloc(0);

/**
 * Turns the bytes of one connection into requests, in whatever pieces they arrive. A request is a list of byte
 * strings (latin1: one character a byte). Each complete argument is taken once, so a request that comes byte
 * by byte costs no more than one that comes whole.
 *
 * Call `feed` with a chunk, `next` until it returns undefined, then `keep`. Between `feed` and `keep` the chunk
 * belongs to the parser; afterwards the caller may reuse it: only an unfinished tail is copied.
 *
 * Source: the RESP specification; the limits are those of the directives of the same meaning.
 */
export class RequestParser {
  private buffer: Buffer = EMPTY;
  private at = 0;
  private end = 0;
  private own: Buffer = EMPTY;
  private args: string[] | undefined;
  private taken = 0;
  private count = 0;
  private bulkLength = -1;
  private fed = 0;

  /** How many bytes of the whole stream have been taken. After `next` returned a request: where it ended. */
  get position(): number {
    return this.fed - (this.end - this.at);
  }

  /** True between requests: nothing of the next one has been taken or waits. */
  get idle(): boolean {
    return this.args === undefined && this.at === this.end;
  }

  /** Bytes that are kept: those of the read whose requests are running, or of an unfinished one. */
  get held(): number {
    return this.end;
  }

  /** Bytes of the arguments that have been taken of an unfinished request. O(number of them). */
  get argumentBytes(): number {
    let bytes = 0;
    if (this.args) for (let i = 0; i < this.taken; i++) bytes += this.args[i]!.length;
    return bytes;
  }

  /** Bytes that wait for the rest of their request. */
  get pending(): number {
    return this.end - this.at;
  }

  feed(chunk: Buffer, length = chunk.length): void {
    this.fed += length;
    if (this.at === this.end) {
      this.buffer = chunk;
      this.at = 0;
      this.end = length;
      return;
    }
    this.reserve(length);
    chunk.copy(this.own, this.end, 0, length);
    this.end += length;
  }

  /** @returns the next whole request (never an empty one), or undefined when more bytes are needed */
  next(limits: ProtocolLimits): string[] | undefined {
    for (;;) {
      if (this.args === undefined) {
        if (this.at >= this.end) return undefined;
        if (this.buffer[this.at] !== STAR) {
          const words = this.inline(limits);
          if (words === undefined) return undefined;
          if (words.length > 0) return words;
          continue;
        }
        const count = this.header('too big mbulk count string');
        if (count === undefined) return undefined;
        if (!(count <= MAX_ARGS)) throw new ProtocolError('invalid multibulk length');
        if (!limits.authenticated && count > UNAUTHENTICATED_ARGS) {
          throw new ProtocolError('unauthenticated multibulk length');
        }
        if (count <= 0) continue;
        this.args = count <= TRUSTED_ARGS ? new Array<string>(count) : [];
        this.taken = 0;
        this.count = count;
      }
      const { args, count } = this;
      while (this.taken < count) {
        const arg = this.bulk(limits);
        if (arg === undefined) return undefined;
        args[this.taken++] = arg;
      }
      this.args = undefined;
      return args;
    }
  }

  /** Copies the unfinished tail, if any, so that the chunk can be reused. */
  keep(): void {
    if (this.at === this.end) {
      this.buffer = EMPTY;
      this.at = 0;
      this.end = 0;
      if (this.own.length > MAX_LINE) this.own = EMPTY;
    } else if (this.buffer !== this.own) {
      this.moveToOwn(0);
    }
  }

  private bulk(limits: ProtocolLimits): string | undefined {
    if (this.bulkLength < 0) {
      if (this.at >= this.end) return undefined;
      const first = this.buffer[this.at]!;
      if (first !== DOLLAR) {
        // The line must be whole before it is judged, as with every other header.
        if (this.lineEnd('too big bulk count string') < 0) return undefined;
        throw new ProtocolError(`expected '$', got '${String.fromCharCode(first)}'`);
      }
      const length = this.header('too big bulk count string');
      if (length === undefined) return undefined;
      if (!(length >= 0 && length <= limits.maxBulkLength)) throw new ProtocolError('invalid bulk length');
      if (!limits.authenticated && length > UNAUTHENTICATED_BULK) {
        throw new ProtocolError('unauthenticated bulk length');
      }
      this.bulkLength = length;
    }
    const stop = this.at + this.bulkLength;
    if (stop + 2 > this.end) return undefined;
    const read = this.bulkLength <= LONGEST_WORD ? word : latin1;
    const arg = read(this.buffer, this.at, stop);
    this.at = stop + 2;
    this.bulkLength = -1;
    return arg;
  }

  /** The number of a "*3\r\n" or "$5\r\n" line, NaN when it is none; undefined when the line is not whole. */
  private header(tooLong: string): number | undefined {
    const { buffer, end } = this;
    let at = this.at + 1;
    // Nearly every header has one to four digits: read them without searching for the end of the line first.
    let value = 0;
    const start = at;
    while (at < end && at - start < 9 && buffer[at]! >= ZERO && buffer[at]! <= ZERO + 9) {
      value = value * 10 + buffer[at]! - ZERO;
      at++;
    }
    if (at > start && at + 1 < end && buffer[at] === CR && (buffer[start] !== ZERO || at === start + 1)) {
      this.at = at + 2;
      return value;
    }
    const stop = this.lineEnd(tooLong);
    if (stop < 0) return undefined;
    const text = buffer.toString('latin1', start, stop);
    this.at = stop + 2;
    return /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
  }

  /** Where the CR of the current line is; -1 when the CR or the byte after it is still missing. */
  private lineEnd(tooLong: string): number {
    const found = this.buffer.indexOf(CR, this.at);
    if (found < 0 || found >= this.end) {
      if (this.end - this.at > MAX_LINE) throw new ProtocolError(tooLong);
      return -1;
    }
    return found + 1 < this.end ? found : -1;
  }

  private inline(limits: ProtocolLimits): string[] | undefined {
    const remark = this.buffer[this.at] === HASH;
    if (limits.file && !remark) throw new ProtocolError('not the start of a command');
    const found = this.buffer.indexOf(LF, this.at);
    if (found < 0 || found >= this.end) {
      if (this.end - this.at > MAX_LINE) throw new ProtocolError('too big inline request');
      return undefined;
    }
    const stop = found > this.at && this.buffer[found - 1] === CR ? found - 1 : found;
    if (limits.file) {
      this.at = found + 1;
      return [];
    }
    const words = splitWords(this.buffer.toString('latin1', this.at, stop));
    this.at = found + 1;
    if (words === undefined) throw new ProtocolError('unbalanced quotes in request');
    return words;
  }

  /** Makes room for `extra` bytes behind the tail. Grows by doubling: a header's promise is not trusted. */
  private reserve(extra: number): void {
    if (this.buffer !== this.own || this.end + extra > this.own.length) this.moveToOwn(extra);
  }

  private moveToOwn(extra: number): void {
    const length = this.end - this.at;
    const source = this.buffer;
    const start = this.at;
    if (length + extra > this.own.length) {
      this.own = Buffer.allocUnsafeSlow(Math.max(1024, 2 ** Math.ceil(Math.log2(length + extra))));
    }
    source.copy(this.own, 0, start, start + length);
    this.buffer = this.own;
    this.at = 0;
    this.end = length;
  }
}
