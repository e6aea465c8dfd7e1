/** A reply of the server: a text, a number, nothing, a list, or an error. */
export type Reply = string | number | null | readonly Reply[] | ReplyError;

export class ReplyError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

const CR_LF = 2;

/** Reads RESP2 replies out of chunks that are cut anywhere. Texts are latin1, so that no byte is lost. */
export class ReplyReader {
  private rest: Buffer = Buffer.alloc(0);
  private at = 0;
  /** Bytes that must be there before trying again: a long reply is not read anew with each chunk. */
  private needed = 0;

  /** @returns the replies that are complete now */
  push(chunk: Buffer): Reply[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const replies: Reply[] = [];
    if (this.rest.length < this.needed) return replies;
    this.needed = 0;
    let done = 0;
    for (;;) {
      this.at = done;
      const reply = this.read();
      if (reply === undefined) break;
      replies.push(reply);
      done = this.at;
    }
    this.rest = this.rest.subarray(done);
    this.needed = Math.max(0, this.needed - done);
    return replies;
  }

  /** Undefined when the rest has not come yet. */
  private read(): Reply | undefined {
    const end = this.rest.indexOf('\r\n', this.at, 'latin1');
    if (end < 0) return undefined;
    const type = this.rest[this.at]!;
    const line = this.rest.toString('latin1', this.at + 1, end);
    this.at = end + CR_LF;
    switch (String.fromCharCode(type)) {
      case '+':
        return line;
      case '-':
        return new ReplyError(line);
      case ':':
        return Number(line);
      case '$':
        return this.bulk(Number(line));
      case '*':
        return this.list(Number(line));
      default:
        throw new Error(
          `the server sent "${String.fromCharCode(type)}${line.slice(0, 40)}", which is no reply`,
        );
    }
  }

  private bulk(length: number): Reply | undefined {
    if (length < 0) return null;
    const end = this.at + length;
    if (this.rest.length < end + CR_LF) {
      this.needed = end + CR_LF;
      return undefined;
    }
    const text = this.rest.toString('latin1', this.at, end);
    this.at = end + CR_LF;
    return text;
  }

  private list(length: number): Reply | undefined {
    if (length < 0) return null;
    const items: Reply[] = [];
    for (let i = 0; i < length; i++) {
      const item = this.read();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }
}
