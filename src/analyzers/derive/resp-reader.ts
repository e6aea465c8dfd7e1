/**
 * Reads RESP2 and RESP3 out of bytes that a tracer saw go by. A tracer shows only the beginning of a long buffer, so
 * the stream has holes of known length: a hole inside a bulk string is bridged by the length in its header; a hole
 * where a header should stand loses the place, until `resync` finds the next message.
 * Source: the RESP protocol specification.
 */

/** A RESP value as far as it was seen. */
export interface RespValue {
  /** The type byte: + - : $ * _ # , ( ! = % ~ > */
  readonly type: string;
  /** Text of a simple value or a bulk string, as far as it was captured. Absent for null. */
  text?: string;
  /** Real length of a bulk string in bytes, or number of elements of an aggregate. -1 is null. */
  length?: number;
  /** Elements that were seen. */
  items?: RespValue[];
  /** Some of it was not captured. */
  cut?: boolean;
}

export interface RespMessage<M> {
  readonly value: RespValue;
  /** Where its first byte and its last byte were moved. */
  readonly first: M;
  readonly last: M;
}

/** Where a bulk string stands. */
export interface BulkPlace {
  /** The outermost aggregate around it, with what it holds so far; undefined for one that stands alone. */
  readonly outer: RespValue | undefined;
  /** Its place in the outermost aggregate, from 0. */
  readonly index: number;
  /** Aggregates around it. */
  readonly depth: number;
}

/** Told what the captured bytes were taken for, by their places in the text that was pushed. */
export interface RespTap {
  /** A line that is a header or a simple value, or a part of it. @param line it so far, with these bytes */
  header(line: string, from: number, to: number): void;
  /** Bytes of a bulk string, with its line end. @param offset of the first of them in it */
  bulk(value: RespValue, offset: number, from: number, to: number, place: BulkPlace): void;
}

/** Elements kept of one aggregate; more are counted, not kept. */
const MAX_KEPT_ITEMS = 4096;
const MAX_DEPTH = 16;
const MAX_HEADER = 64 * 1024;

interface Frame {
  readonly value: RespValue;
  remaining: number;
}

export class RespReader<M> {
  /** True when the place in the stream is lost. */
  lost = false;
  /** Bytes that could not be understood. */
  lostBytes = 0;
  private header = '';
  private stack: Frame[] = [];
  private bulk: { value: RespValue; remaining: number; keep: number } | undefined;
  private first: M | undefined;

  /** @param tap is told of every byte that is understood; of the others it is not */
  constructor(
    private readonly emit: (message: RespMessage<M>) => void,
    private readonly tap?: RespTap,
  ) {}

  /** Whether the next byte begins a message. */
  get atBoundary(): boolean {
    return !this.lost && this.stack.length === 0 && this.bulk === undefined && this.header === '';
  }

  /** Forgets a half-read message: the next byte begins a new one. */
  resync(): void {
    this.lost = false;
    this.header = '';
    this.stack = [];
    this.bulk = undefined;
    this.first = undefined;
  }

  /** Bytes are missing, nobody knows how many: the next message is looked for from here. */
  loseTrack(): void {
    this.resync();
    this.lost = true;
  }

  /**
   * @param shown the captured bytes, one character each
   * @param length how many bytes really moved; at least shown.length
   */
  push(shown: string, length: number, at: M): void {
    let position = 0;
    while (position < shown.length && !this.lost) {
      if (this.bulk) position = this.takeBulk(shown, position, at);
      else position = this.takeHeader(shown, position, at);
    }
    if (this.lost) this.lostBytes += length - position;
    else this.skip(length - shown.length, at);
  }

  private takeBulk(shown: string, position: number, at: M): number {
    const bulk = this.bulk!;
    const take = Math.min(bulk.remaining, shown.length - position);
    const text = Math.min(take, Math.max(0, bulk.keep));
    if (this.tap) {
      const offset = bulk.value.length! + 2 - bulk.remaining;
      this.tap.bulk(bulk.value, offset, position, position + take, this.place());
    }
    if (text > 0) bulk.value.text += shown.slice(position, position + text);
    bulk.keep -= take;
    bulk.remaining -= take;
    if (bulk.remaining === 0) this.endBulk(at);
    return position + take;
  }

  private takeHeader(shown: string, position: number, at: M): number {
    this.first ??= at;
    const end = shown.indexOf('\n', position);
    this.header += shown.slice(position, end < 0 ? shown.length : end + 1);
    this.tap?.header(this.header, position, end < 0 ? shown.length : end + 1);
    if (this.header.length > MAX_HEADER) this.lose();
    if (end < 0) return shown.length;
    const header = this.header.replace(/\r?\n$/, '');
    this.header = '';
    this.open(header, at);
    return end + 1;
  }

  private place(): BulkPlace {
    const frame = this.stack[0];
    const index = frame ? frame.value.length! - frame.remaining : 0;
    return { outer: frame?.value, index, depth: this.stack.length };
  }

  private open(header: string, at: M): void {
    const type = header[0] ?? '?';
    const rest = header.slice(1);
    const isLength = /^-?\d+$/.test(rest);
    if ('$=!'.includes(type) && isLength) this.openBulk(type, Number(rest), at);
    else if ('*%~>|'.includes(type) && isLength && this.stack.length < MAX_DEPTH) {
      this.openAggregate(type, Number(rest), at);
    } else if ('+-:_#,('.includes(type)) this.close({ type, text: rest }, at);
    else this.lose();
  }

  private openBulk(type: string, length: number, at: M): void {
    const value: RespValue = { type, length };
    if (length < 0) {
      this.close(value, at);
      return;
    }
    value.text = '';
    this.bulk = { value, remaining: length + 2, keep: length };
  }

  private openAggregate(type: string, pairs: number, at: M): void {
    const length = pairs * (type === '%' || type === '|' ? 2 : 1);
    const value: RespValue = { type, length, items: [] };
    if (length <= 0) this.close(value, at);
    else this.stack.push({ value, remaining: length });
  }

  private endBulk(at: M): void {
    const { value } = this.bulk!;
    this.bulk = undefined;
    if (value.text!.length < value.length!) value.cut = true;
    this.close(value, at);
  }

  private close(value: RespValue, at: M): void {
    let done = value;
    for (;;) {
      const frame = this.stack.at(-1);
      if (!frame) {
        const first = this.first ?? at;
        this.first = undefined;
        this.emit({ value: done, first, last: at });
        return;
      }
      // An attribute describes the element after it and is none itself.
      if (done.type === '|') return;
      if (frame.value.items!.length < MAX_KEPT_ITEMS) frame.value.items!.push(done);
      else frame.value.cut = true;
      if (--frame.remaining > 0) return;
      this.stack.pop();
      done = frame.value;
    }
  }

  /** Bytes that moved and were not captured. */
  private skip(hole: number, at: M): void {
    if (hole <= 0) return;
    if (!this.bulk) {
      this.lostBytes += hole;
      this.lose(at);
      return;
    }
    const take = Math.min(this.bulk.remaining, hole);
    this.bulk.remaining -= take;
    // What follows the hole would be glued to what stands before it.
    this.bulk.keep = 0;
    if (this.bulk.remaining > 0) return;
    this.endBulk(at);
    this.skip(hole - take, at);
  }

  /** Gives up the place; what was read of an aggregate is handed on, marked as cut. */
  private lose(at?: M): void {
    const outer = this.stack[0]?.value;
    const inner = this.stack;
    const first = this.first;
    this.resync();
    this.lost = true;
    if (outer && at !== undefined) {
      for (let depth = inner.length - 1; depth > 0; depth--) {
        inner[depth]!.value.cut = true;
        inner[depth - 1]!.value.items!.push(inner[depth]!.value);
      }
      outer.cut = true;
      this.emit({ value: outer, first: first ?? at, last: at });
    }
  }
}

/** The bulk strings of a command: ["SADD", "good", "535…"]; undefined when the value is no command. */
export function commandWords(value: RespValue): RespValue[] | undefined {
  if (value.type !== '*' || !value.items || value.items.length === 0) return undefined;
  const name = value.items[0]!;
  if (name.type !== '$' || name.text === undefined || !/^[A-Za-z][A-Za-z0-9._|-]*$/.test(name.text))
    return undefined;
  // Words only: anything else is no request, but something that was read from a wrong place on.
  if (value.items.some(({ type }) => type !== '$')) return undefined;
  return value.items;
}

/** Every bulk string in a value, however deep. */
export function bulkTexts(value: RespValue, into: string[] = []): string[] {
  if (value.items) for (const item of value.items) bulkTexts(item, into);
  else if (value.type === '$' && value.text !== undefined && !value.cut) into.push(value.text);
  return into;
}
