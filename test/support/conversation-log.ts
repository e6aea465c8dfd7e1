import fc from 'fast-check';
import { chunks, message } from './resp-arbitraries.ts';

/** A command as its client means it, and what the server answers; '' where it answers nothing. */
export interface Asked {
  readonly words: readonly string[];
  readonly reply: string;
  /** Typed by hand: words on a line. */
  readonly inline: boolean;
}

/** What one connection sends in one go, how the calls cut it, and how they cut the answers. */
export interface Batch {
  readonly fd: number;
  readonly asked: readonly Asked[];
  readonly readCuts: readonly number[];
  readonly writeCuts: readonly number[];
  /** What the server pushes before the answers. */
  readonly pushed: string;
  /** The last command waits for somebody: it is answered when the next batch of others is through. */
  readonly blocks: boolean;
  /** Which of the calls that move bytes are used. */
  readonly calls: readonly number[];
}

/** What the log ought to tell of a command. Lines count from 1 in the log as it was written. */
export interface Truth extends Asked {
  readonly fd: number;
  readonly firstLine: number;
  readonly lastLine: number;
  /** Microseconds on the log's clock: when its last byte had been read. */
  readonly readUs: number;
  reply: string;
  replyLine?: number;
  replyEndUs?: number;
}

const NAMES = [
  'GET',
  'SET',
  'GETRANGE',
  'HGETALL',
  'DEL',
  'SADD',
  'EXPIRE',
  'PING',
  'MULTI',
  'EXEC',
  'LRANGE',
];
const awkward = fc.string({
  unit: fc.constantFrom('\r', '\n', '$', '*', '3', ':', '+', 'a', ' '),
  maxLength: 30,
});
const long = fc.nat(3000).map((size) => 'v'.repeat(size));
const word = fc.string({ unit: fc.constantFrom(...'abcxyz019:_'), minLength: 1, maxLength: 12 });
const argument = fc.oneof({ weight: 3, arbitrary: word }, awkward, long);
const reply = fc.oneof(
  { weight: 2, arbitrary: message.map(({ wire }) => wire).filter((wire) => !wire.startsWith('>')) },
  fc.constantFrom(
    '+OK\r\n',
    '$-1\r\n',
    ':1\r\n',
    '_\r\n',
    '#t\r\n',
    ',1.5\r\n',
    '(34928903284\r\n',
    '+QUEUED\r\n',
  ),
  fc.constantFrom(
    '=15\r\ntxt:Some string\r\n',
    '!11\r\nERR unknown\r\n',
    '|1\r\n+ttl\r\n:3600\r\n$1\r\nx\r\n',
  ),
  fc.constantFrom('%1\r\n+proto\r\n:3\r\n', '~2\r\n:1\r\n:2\r\n', '*1\r\n*2\r\n$1\r\na\r\n_\r\n'),
  long.map((text) => `$${text.length}\r\n${text}\r\n`),
);
const asked = fc.record({
  words: fc
    .tuple(fc.constantFrom(...NAMES), fc.array(argument, { maxLength: 3 }))
    .map(([name, args]) => [name, ...args]),
  reply,
  inline: fc.constant(false),
});
const typed = fc.record({
  words: fc
    .tuple(fc.constantFrom(...NAMES), fc.array(word, { maxLength: 3 }))
    .map(([name, args]) => [name, ...args]),
  reply,
  inline: fc.constant(true),
});
const silent = fc.constant([
  { words: ['CLIENT', 'REPLY', 'SKIP'], reply: '', inline: false },
  { words: ['SET', 'a', 'b'], reply: '', inline: false },
]);
const pushes = fc.constantFrom(
  '',
  '',
  '',
  '>2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nfoo\r\n',
  '>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n',
);
const cuts = fc.oneof(
  { weight: 2, arbitrary: fc.constant<number[]>([]) },
  fc.array(fc.nat(4000), { maxLength: 4 }),
);

export const batch: fc.Arbitrary<Batch> = fc.record({
  fd: fc.constantFrom(8, 9),
  asked: fc.oneof(
    { weight: 6, arbitrary: fc.array(asked, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(typed, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: silent },
  ),
  readCuts: cuts,
  writeCuts: cuts,
  pushed: pushes,
  blocks: fc.integer({ min: 0, max: 9 }).map((each) => each === 0),
  calls: fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }),
});

const IN = ['read', 'recvfrom', 'readv', 'recvmsg'] as const;
const OUT = ['write', 'sendto', 'writev', 'sendmsg'] as const;
const ESCAPED: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '"': '\\"', '\\': '\\\\' };
const ATTRIBUTE = /^\|1\r\n\+ttl\r\n:3600\r\n/;
const CALL_US = 20;
const STEP_US = 30;

/** Writes what strace prints of a server that talks so. `shown` bytes of each string are printed. */
export class ConversationLog {
  readonly lines: string[] = [];
  readonly truths: Truth[] = [];
  private nowUs = 12 * 3600e6;
  private calls = 0;
  private readonly late: { readonly fd: number; readonly answer: () => void }[] = [];

  constructor(
    private readonly shown: number,
    batches: readonly Batch[],
  ) {
    for (const fd of [8, 9])
      this.line('accept4', '6, {sa_family=AF_UNIX}, [128 => 2], SOCK_CLOEXEC|SOCK_NONBLOCK', fd);
    for (const each of batches) {
      this.line('epoll_wait', '5, [{events=EPOLLIN, data={u32=8, u64=8}}], 10128, 100', 1);
      this.batch(each);
    }
    this.answerLate(() => true);
  }

  private answerLate(whose: (fd: number) => boolean): void {
    const late = this.late.splice(0);
    for (const each of late) {
      if (whose(each.fd)) each.answer();
      else this.late.push(each);
    }
  }

  private batch({ fd, asked, readCuts, writeCuts, pushed, blocks, calls }: Batch): void {
    // On one connection nothing overtakes.
    this.answerLate((each) => each === fd);
    const late = this.late.length;
    const wires = asked.map(({ words, inline }) =>
      inline
        ? `${words.join(' ')}\r\n`
        : `*${words.length}\r\n${words.map((each) => `$${each.length}\r\n${each}\r\n`).join('')}`,
    );
    const places: { from: number; to: number; line: number; endUs: number }[] = [];
    let at = 0;
    for (const part of chunks(wires.join(''), readCuts)) {
      this.move(IN[calls[this.calls++ % calls.length]!]!, fd, part);
      places.push({ from: at, to: at + part.length, line: this.lines.length, endUs: this.nowUs - STEP_US });
      at += part.length;
    }
    const holding = (place: number) => places.find(({ from, to }) => place >= from && place < to)!;
    let end = 0;
    const truths = asked.map((each, index): Truth => {
      const begin = end;
      end += wires[index]!.length;
      const last = holding(end - 1);
      return { ...each, fd, firstLine: holding(begin).line, lastLine: last.line, readUs: last.endUs };
    });
    this.truths.push(...truths);
    const answer = () => this.answer(fd, truths, pushed, writeCuts, calls);
    if (blocks) this.late.push({ fd, answer });
    else answer();
    if (late > 0) this.answerLate((each) => each !== fd);
  }

  private answer(
    fd: number,
    truths: readonly Truth[],
    pushed: string,
    cuts: readonly number[],
    calls: readonly number[],
  ): void {
    const wire = pushed + truths.map(({ reply }) => reply).join('');
    const places: { from: number; to: number; line: number; endUs: number }[] = [];
    let at = 0;
    for (const part of chunks(wire, cuts)) {
      this.move(OUT[calls[this.calls++ % calls.length]!]!, fd, part);
      places.push({ from: at, to: at + part.length, line: this.lines.length, endUs: this.nowUs - STEP_US });
      at += part.length;
    }
    let end = pushed.length;
    for (const truth of truths) {
      const begin = end;
      end += truth.reply.length;
      if (truth.reply === '') continue;
      // What describes a reply stands before it.
      const reply = begin + (ATTRIBUTE.exec(truth.reply)?.[0].length ?? 0);
      truth.replyLine = places.find(({ from, to }) => reply >= from && reply < to)!.line;
      truth.replyEndUs = places.find(({ from, to }) => end - 1 >= from && end - 1 < to)!.endUs;
    }
  }

  private move(name: (typeof IN)[number] | (typeof OUT)[number], fd: number, bytes: string): void {
    const half = Math.floor(bytes.length / 2);
    const parts = [bytes.slice(0, half), bytes.slice(half)].filter((part) => part !== '');
    const vector = `[${parts.map((part) => `{iov_base=${this.quoted(part)}, iov_len=${part.length}}`).join(', ')}]`;
    const text = {
      read: `${fd}, ${this.quoted(bytes)}, 16384`,
      write: `${fd}, ${this.quoted(bytes)}, ${bytes.length}`,
      recvfrom: `${fd}, ${this.quoted(bytes)}, 16384, 0, NULL, NULL`,
      sendto: `${fd}, ${this.quoted(bytes)}, ${bytes.length}, MSG_NOSIGNAL, NULL, 0`,
      readv: `${fd}, ${vector}, ${parts.length}`,
      writev: `${fd}, ${vector}, ${parts.length}`,
      recvmsg: `${fd}, {msg_name=NULL, msg_namelen=0, msg_iov=${vector}, msg_iovlen=${parts.length}, msg_controllen=0, msg_flags=0}, 0`,
      sendmsg: `${fd}, {msg_name=NULL, msg_namelen=0, msg_iov=${vector}, msg_iovlen=${parts.length}, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL`,
    }[name];
    this.line(name, text, bytes.length);
  }

  private line(name: string, args: string, result: number): void {
    const seconds = Math.floor(this.nowUs / 1e6);
    const us = String(this.nowUs % 1e6).padStart(6, '0');
    this.lines.push(`9085  ${1_700_000_000 + seconds}.${us} ${name}(${args}) = ${result} <0.0000${CALL_US}>`);
    this.nowUs += CALL_US + STEP_US;
  }

  private quoted(bytes: string): string {
    const shown = bytes.slice(0, this.shown);
    const text = shown.replace(
      /[\x00-\x1f"\\\x7f-\xff]/g,
      (each) => ESCAPED[each] ?? `\\${each.charCodeAt(0).toString(8).padStart(3, '0')}`,
    );
    return `"${text}"${shown.length < bytes.length ? '...' : ''}`;
  }
}
