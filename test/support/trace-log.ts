import { diagnose } from '../../src/analyzers/engine.ts';
import type { Facts } from '../../src/analyzers/facts.ts';
import { RULES } from '../../src/analyzers/rules/index.ts';
import { assemble } from '../../src/capture/assemble.ts';
import type { RawCapture } from '../../src/capture/raw-capture.ts';
import type { Report, Verdict } from '../../src/core/finding.ts';

/** A reply as it goes over the wire. */
export const OK = '+OK\r\n';
export const NIL = '$-1\r\n';
export const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
export const int = (value: number): string => `:${value}\r\n`;
export const list = (...items: readonly string[]): string => `*${items.length}\r\n${items.join('')}`;
export const bulks = (...texts: readonly string[]): string => list(...texts.map(bulk));
/** What SCAN answers. */
export const page = (cursor: number, keys: readonly string[]): string =>
  list(bulk(String(cursor)), bulks(...keys));
/** A command as a client sends it. */
export const request = (...words: readonly string[]): string => bulks(...words);

const WRITES =
  /^(?:SET|SETEX|DEL|SADD|SREM|INCR|EXPIRE|L?R?PUSH|ZADD|HSET|GETSET|RPOPLPUSH|BRPOPLPUSH|L?R?POP|MSET|FLUSHALL)$/;

export interface TraceLogOptions {
  readonly pid?: number;
  /** "off": no append-only file. */
  readonly appendfsync?: 'always' | 'everysec' | 'no' | 'off';
  /** What a sync takes. */
  readonly syncUs?: number;
  /** What any other call takes, and the time between two. */
  readonly callUs?: number;
  readonly stepUs?: number;
  /** What the client thinks between a reply and its next command. */
  readonly thinkUs?: number;
  /** Bytes of a buffer that the tracer shows. */
  readonly shown?: number;
  readonly logFd?: number;
}

/**
 * Writes the log that strace -f -tt -T prints of a server (or of a client of it), turn by turn, on a clock of its own.
 * Tests speak of commands and replies; parser, derivation and rules read what comes out.
 */
export class TraceLog {
  readonly pid: number;
  private readonly lines: string[] = [];
  private nowUs = 12 * 3600e6;
  private readonly options: Required<TraceLogOptions>;
  private nextSyncUs = 0;

  constructor(options: TraceLogOptions = {}) {
    this.options = {
      ...{
        pid: 9085,
        appendfsync: 'always',
        syncUs: 5000,
        callUs: 20,
        stepUs: 30,
        thinkUs: 100,
        shown: 1024,
      },
      logFd: 7,
      ...options,
    };
    this.pid = this.options.pid;
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`;
  }

  /** One line of its own. */
  line(text: string): this {
    this.lines.push(text);
    return this;
  }

  wait(us: number): this {
    this.nowUs += us;
    return this;
  }

  /** A system call: `call('close', '7', 0)`. */
  call(
    name: string,
    args: string,
    result: number | string,
    durationUs = this.options.callUs,
    tid = this.pid,
  ): this {
    this.lines.push(
      `[pid ${String(tid).padStart(5)}] ${this.clock()} ${name}(${args}) = ${result} <${(durationUs / 1e6).toFixed(6)}>`,
    );
    this.nowUs += durationUs + this.options.stepUs;
    return this;
  }

  read(fd: number, bytes: string, tid = this.pid): this {
    return this.call('read', `${fd}, ${this.quoted(bytes)}, 16384`, bytes.length, undefined, tid);
  }

  write(fd: number, bytes: string, tid = this.pid): this {
    return this.call('write', `${fd}, ${this.quoted(bytes)}, ${bytes.length}`, bytes.length, undefined, tid);
  }

  sync(fd = this.options.logFd, tid = this.pid): this {
    return this.call('fdatasync', String(fd), 0, this.options.syncUs, tid);
  }

  /** A whole turn of the server: the command arrives, is appended and synced as it is configured, and is answered. */
  turn(fd: number, words: readonly string[], reply: string): this {
    return this.turns([[fd, words, reply]]);
  }

  /** Several clients' commands in one turn of the event loop. */
  turns(commands: readonly (readonly [fd: number, words: readonly string[], reply: string])[]): this {
    this.wait(this.options.thinkUs);
    for (const [fd, words] of commands) this.read(fd, request(...words));
    this.append(commands.map(([, words]) => words));
    for (const [fd, , reply] of commands) this.write(fd, reply);
    return this;
  }

  /** Commands of one client in one packet, answered in one. */
  pipeline(fd: number, commands: readonly (readonly [words: readonly string[], reply: string])[]): this {
    this.wait(this.options.thinkUs);
    this.read(fd, commands.map(([words]) => request(...words)).join(''));
    this.append(commands.map(([words]) => words));
    return this.write(fd, commands.map(([, reply]) => reply).join(''));
  }

  /** As many times, with the index. */
  times(count: number, step: (log: this, index: number) => void): this {
    for (let index = 0; index < count; index++) step(this, index);
    return this;
  }

  private append(commands: readonly (readonly string[])[]): void {
    const { appendfsync, logFd, syncUs } = this.options;
    const written = commands.filter(([name]) => WRITES.test(name!));
    if (appendfsync === 'off' || written.length === 0) return;
    this.write(logFd, written.map((words) => request(...words)).join(''));
    if (appendfsync === 'always') this.sync();
    if (appendfsync === 'everysec' && this.nowUs >= this.nextSyncUs) {
      const background = this.pid + 2;
      this.lines.push(
        `[pid ${String(background).padStart(5)}] ${this.clock()} fdatasync(${logFd}) = 0 <${(syncUs / 1e6).toFixed(6)}>`,
      );
      this.nextSyncUs = this.nowUs + 1e6;
    }
  }

  private clock(): string {
    const us = Math.round(this.nowUs);
    const seconds = Math.floor(us / 1e6);
    const two = (value: number) => String(value % 60).padStart(2, '0');
    return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60))}:${two(seconds)}.${String(us % 1e6).padStart(6, '0')}`;
  }

  private quoted(bytes: string): string {
    const shown = bytes.slice(0, this.options.shown);
    const text = shown.replace(/[\x00-\x1f"\\\x7f-\xff]/g, (each) => ESCAPED[each] ?? octal(each));
    return `"${text}"${shown.length < bytes.length ? '...' : ''}`;
  }
}

const ESCAPED: Record<string, string> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '"': '\\"', '\\': '\\\\' };
const octal = (each: string): string => `\\${each.charCodeAt(0).toString(8).padStart(3, '0')}`;

/** lsof -p of the server of the case, as rows for its descriptors. */
export const LSOF = [
  'COMMAND    PID            USER   FD      TYPE DEVICE SIZE/OFF     NODE NAME',
  'redis-ser 9085 systemd-network    7w      REG    8,1  8830146  2838532 /data/appendonly.aof',
  'redis-ser 9085 systemd-network    8u     sock    0,9      0t0 15448709 protocol: TCP',
].join('\n');

export interface Surroundings extends Partial<Omit<RawCapture, 'strace' | 'outputs'>> {
  readonly lsof?: string;
  readonly outputs?: RawCapture['outputs'];
  /** CONFIG GET appendfsync. */
  readonly policy?: string;
  readonly redact?: boolean;
  readonly slowdown?: number;
  /** Thread id, process id, as a live capture knows them. */
  readonly threads?: readonly (readonly [number, number])[];
}

/** The facts that perfcase makes of a log. */
export function factsOf(log: TraceLog | string | undefined, surroundings: Surroundings = {}): Facts {
  const { lsof, policy, redact = true, slowdown, threads = [], outputs = [], ...rest } = surroundings;
  const text = typeof log === 'string' || log === undefined ? log : log.text;
  return assemble(
    {
      target: { pid: 9085, comm: 'redis-server' },
      missing: {},
      clients: [],
      outputs: [
        ...outputs,
        ...(lsof === undefined ? [] : [{ probe: 'lsof', source: 'lsof', text: lsof }]),
        ...(policy === undefined
          ? []
          : [{ probe: 'redis', source: 'redis', text: `1) "appendfsync"\n2) "${policy}"\n` }]),
      ],
      ...(text === undefined
        ? {}
        : { strace: { text, threads, ...(slowdown === undefined ? {} : { slowdown }) } }),
      ...rest,
    },
    { redact },
  ).facts;
}

/** What one rule says of a log. */
export function verdictOf(
  id: string,
  log: TraceLog | string | undefined,
  surroundings?: Surroundings,
): Verdict {
  const rule = RULES.find((each) => each.id === id);
  if (!rule) throw new Error(`there is no rule ${id}`);
  return rule.check(factsOf(log, surroundings));
}

export function reportOf(log: TraceLog | string | undefined, surroundings?: Surroundings): Report {
  return diagnose(factsOf(log, surroundings), {});
}

const uuid = (index: number): string =>
  `${(0x5b2e76cc + index * 7919).toString(16)}-06ac-11e9-92c7-0242ac110002`;

/** The query of the case: SCAN, a GET for each key, SADD of every third, SMEMBERS, DEL. */
export function slowQuery(log: TraceLog, keys = 60, fd = 8): TraceLog {
  const ids = Array.from({ length: keys }, (_, index) => uuid(index));
  for (let from = 0; from < keys; from += 10) {
    const cursor = from + 10 >= keys ? 0 : from + 10;
    const found = ids.slice(from, from + 10);
    log.turn(
      fd,
      ['SCAN', String(from), 'MATCH', 'uuid:*'],
      page(
        cursor,
        found.map((id) => `uuid:${id}`),
      ),
    );
    found.forEach((id, index) => {
      const isMatch = index % 3 === 0;
      log.turn(fd, ['GET', `uuid:${id}`], bulk(isMatch ? 'good' : 'bad'));
      if (isMatch) log.turn(fd, ['SADD', 'good', id], int(1));
    });
  }
  return log
    .turn(fd, ['SMEMBERS', 'good'], bulks(...ids.filter((_, index) => (index % 10) % 3 === 0)))
    .turn(fd, ['DEL', 'good'], int(1));
}
