/** A reply of the server: a text, a number, nothing, a list, or an error. */
export type Reply = string | number | null | readonly Reply[] | ReplyError;

export class ReplyError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

const CR_LF = 2;

/** A list that has not come whole. */
interface Open {
  readonly items: Reply[];
  readonly length: number;
}

/** Reads RESP2 replies out of chunks that are cut anywhere; each byte once. Texts are latin1, so that none is lost. */
export class ReplyReader {
  private rest: Buffer = Buffer.alloc(0);
  private at = 0;
  /** Bytes that must be there before it is worth trying again. */
  private needed = 0;
  private readonly open: Open[] = [];

  /** @returns the replies that are complete now */
  push(chunk: Buffer): Reply[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const replies: Reply[] = [];
    if (this.rest.length < this.needed) return replies;
    this.needed = 0;
    this.at = 0;
    for (let value = this.next(); value !== undefined; value = this.next()) {
      const whole = this.close(value);
      if (whole !== undefined) replies.push(whole);
    }
    this.rest = this.rest.subarray(this.at);
    this.needed = Math.max(0, this.needed - this.at);
    return replies;
  }

  /** Puts a value into the list that is open; undefined while that list waits for more. */
  private close(value: Reply | Open): Reply | undefined {
    let whole: Reply;
    if (isOpen(value)) {
      if (value.length > 0) {
        this.open.push(value);
        return undefined;
      }
      whole = value.items;
    } else whole = value;
    for (let list = this.open.at(-1); list; list = this.open.at(-1)) {
      list.items.push(whole);
      if (list.items.length < list.length) return undefined;
      this.open.pop();
      whole = list.items;
    }
    return whole;
  }

  /** The next value or the head of a list; undefined when the rest has not come yet. */
  private next(): Reply | Open | undefined {
    const end = this.rest.indexOf('\r\n', this.at, 'latin1');
    if (end < 0) return undefined;
    const type = String.fromCharCode(this.rest[this.at]!);
    const line = this.rest.toString('latin1', this.at + 1, end);
    const number = Number(line);
    const after = end + CR_LF;
    if (type === '$' && number >= 0) {
      if (this.rest.length < after + number + CR_LF) {
        this.needed = after + number + CR_LF;
        return undefined;
      }
      this.at = after + number + CR_LF;
      return this.rest.toString('latin1', after, after + number);
    }
    this.at = after;
    if (type === '$' || (type === '*' && number < 0)) return null;
    if (type === '*') return { items: [], length: number };
    if (type === '+') return line;
    if (type === '-') return new ReplyError(line);
    if (type === ':') return number;
    throw new Error(`the server sent "${type}${line.slice(0, 40)}", which is no reply`);
  }
}

function isOpen(value: Reply | Open): value is Open {
  return typeof value === 'object' && value !== null && 'items' in value;
}
