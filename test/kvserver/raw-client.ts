import { connect, type Socket } from 'node:net';

/** A decoded reply. Kinds that only RESP3 has are tagged; errors are values here, not exceptions. */
export type Reply =
  | string
  | number
  | null
  | boolean
  | Reply[]
  | { error: string }
  | { status: string }
  | { map: Reply[] }
  | { set: Reply[] }
  | { double: string }
  | { verbatim: string }
  | { push: Reply[] };

/** The plainest RESP client there is: what a test sends is what goes over the wire. */
export class RawClient {
  private readonly socket: Socket;
  private buffer = '';
  private readonly waiting: ((reply: Reply) => void)[] = [];
  /** Pushes and replies that nobody waited for. */
  readonly unasked: Reply[] = [];
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((settle) => socket.once('close', () => settle()));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.buffer += chunk.toString('latin1');
      this.drain();
    });
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, noDelay: true });
    await new Promise<void>((settle, fail) => {
      socket.once('connect', () => settle());
      socket.once('error', fail);
    });
    return new RawClient(socket);
  }

  call(...args: (string | number)[]): Promise<Reply> {
    this.write(encode(args));
    return this.next();
  }

  /** Sends several commands at once and waits for all replies. */
  pipeline(commands: (string | number)[][]): Promise<Reply[]> {
    this.write(commands.map(encode).join(''));
    return Promise.all(commands.map(() => this.next()));
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  next(): Promise<Reply> {
    const early = this.unasked.shift();
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((settle) => this.waiting.push(settle));
  }

  /** Reads nothing any more. */
  pause(): void {
    this.socket.pause();
  }

  close(): void {
    this.socket.destroy();
  }

  private drain(): void {
    for (;;) {
      const parsed = decode(this.buffer, 0);
      if (!parsed) return;
      this.buffer = this.buffer.slice(parsed.end);
      const waiter = this.waiting.shift();
      if (waiter) waiter(parsed.reply);
      else this.unasked.push(parsed.reply);
    }
  }
}

export function encode(args: readonly (string | number)[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${String(arg).length}\r\n${arg}\r\n`).join('')}`;
}

/** @returns undefined when the reply is not whole yet */
export function decode(text: string, at: number): { reply: Reply; end: number } | undefined {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const rest = text.slice(at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (text[at]) {
    case '+':
      return { reply: { status: rest }, end };
    case '-':
      return { reply: { error: rest }, end };
    case ':':
      return { reply: Number(rest), end };
    case ',':
      return { reply: { double: rest }, end };
    case '#':
      return { reply: rest === 't', end };
    case '_':
      return { reply: null, end };
    case '$':
    case '=': {
      const length = Number(rest);
      if (length < 0) return { reply: null, end };
      if (text.length < end + length + 2) return undefined;
      const body = text.slice(end, end + length);
      return { reply: text[at] === '=' ? { verbatim: body } : body, end: end + length + 2 };
    }
    case '*':
    case '~':
    case '>':
    case '%':
      return decodeMany(text[at]!, text, Number(rest), end);
    default:
      throw new Error(`not a reply: ${JSON.stringify(text.slice(at, at + 40))}`);
  }
}

function decodeMany(
  kind: string,
  text: string,
  count: number,
  start: number,
): { reply: Reply; end: number } | undefined {
  if (count < 0) return { reply: null, end: start };
  const items: Reply[] = [];
  let end = start;
  for (let i = 0; i < (kind === '%' ? count * 2 : count); i++) {
    const one = decode(text, end);
    if (!one) return undefined;
    items.push(one.reply);
    end = one.end;
  }
  if (kind === '%') return { reply: { map: items }, end };
  if (kind === '~') return { reply: { set: items }, end };
  return { reply: kind === '>' ? { push: items } : items, end };
}
