import type { CommandSpec, Parsed, Probe, Problem } from '../core/capture.ts';
import type { SyscallObservation, TraceEventObservation } from '../core/observation.ts';
import { readDescriptor, readPayload, readPrefix, readResult, syscall } from './strace-line.ts';
import {
  isDecoration,
  MESSAGE_IN_LINE,
  REST_OF_TORN,
  readGap,
  readTraceEvent,
  type TraceEvent,
} from './strace-message.ts';
import { PlainCalls } from './strace-plain.ts';

export type StraceItem = SyscallObservation | TraceEventObservation;

export interface StraceOptions {
  readonly pids: readonly number[];
  readonly timeoutMs: number;
}

/** Bytes of each buffer that strace prints. A reply to SCAN with ten keys fits. */
export const PAYLOAD_BYTES = 1024;

/**
 * strace, attached to processes and all their threads and children, with the time in each call.
 * Nothing is filtered: with -p every call stops the target whether it is printed or not (measured: a filter saves a
 * third of the cost at most), and the calls left out are those that show what the server waits for.
 */
function command({ pids, timeoutMs }: StraceOptions): CommandSpec {
  return {
    file: 'strace',
    args: [
      ...['-f', '-ttt', '-T', '-s', String(PAYLOAD_BYTES)],
      ...pids.flatMap((pid) => ['-p', String(pid)]),
    ],
    timeoutMs,
    privilege: 'root, CAP_SYS_PTRACE, or the user of the target with kernel.yama.ptrace_scope=0',
    debianPackage: 'strace',
  };
}

const MAX_PROBLEMS = 1000;
/** Pasted logs are indented a little. */
const FAR_INDENTED = /^\s{1000}/;
/** The longest line that is read: a buffer of some megabytes, escaped. */
const MAX_LINE = 16 * 1024 * 1024;
const CARRIAGE_RETURN = 13;
const MICROSECONDS_A_DAY = 86_400e6;

/** Reads a log line by line; calls that were split in two by another thread are put together again. */
export class StraceReader {
  readonly items: StraceItem[] = [];
  readonly problems: Problem[] = [];
  /** The line that is read now. */
  private line: number;
  private readonly unfinished = new Map<number | undefined, SyscallObservation>();
  protected readonly positions = new Map<SyscallObservation, number>();
  /** The call whose line a message of strace broke in two; its rest begins the next line. */
  private torn: Base | undefined;
  private lastDayUs = 0;
  private dayOffsetUs = 0;
  private relativeUs = 0;

  /** @param firstLine number of the first line that is fed */
  constructor(firstLine = 1) {
    this.line = firstLine - 1;
  }

  /** The next line has this number. */
  at(line: number): void {
    this.line = line - 1;
  }

  /** Lines, the last of them whole too. */
  feedAll(text: string): void {
    const plain = PlainCalls.of(text);
    for (let from = 0; from <= text.length; ) {
      const found = text.indexOf('\n', from);
      const end = found < 0 ? text.length : found;
      const to = end > from && text.charCodeAt(end - 1) === CARRIAGE_RETURN ? end - 1 : end;
      const isShort = to - from <= MAX_LINE;
      const call = isShort && !this.torn ? plain?.read(from, to, this.line + 1) : undefined;
      if (call) {
        this.line++;
        this.keep(call);
      } else this.feed(text.slice(from, to));
      from = end + 1;
    }
  }

  feed(text: string): void {
    this.line++;
    if (text.length > MAX_LINE || FAR_INDENTED.test(text)) {
      this.problem({ line: this.line, text: text.slice(0, 200) }, 'no line that strace prints');
      return;
    }
    // Nearly every line begins with "[pid" or a number, and is no decoration.
    const first = text.charCodeAt(0);
    const isCall = first === 91 || (first >= 48 && first <= 57);
    const gap = isCall ? undefined : readGap(text);
    if (gap) {
      const { event, ...detail } = gap;
      this.keep({ kind: 'trace-event', event, line: this.line, text, ...detail });
      return;
    }
    const torn = this.torn;
    this.torn = undefined;
    if (torn && REST_OF_TORN.test(text)) {
      this.mend(text, torn);
      return;
    }
    if (!isCall && isDecoration(text)) {
      this.torn = torn;
      return;
    }
    const prefix = readPrefix(text);
    const base: Mutable<Base> = { line: this.line, text };
    if (prefix.clock !== undefined) {
      base.clock = prefix.clock;
      const startUs = this.toUs(prefix.clock);
      if (startUs !== undefined) base.startUs = startUs;
    }
    if (prefix.tid !== undefined) base.tid = prefix.tid;
    const rest = text.slice(prefix.end);
    const event = readTraceEvent(rest);
    if (event) {
      this.event(event, base);
      return;
    }
    if (rest.startsWith('<... ')) this.resume(rest, base);
    else this.call(rest, base);
  }

  /** Calls that never returned in the log stay in `items` without a result. */
  finish(): Parsed<StraceItem> {
    return { items: this.items, problems: this.problems };
  }

  private call(rest: string, base: Base): void {
    const open = rest.indexOf('(');
    const name = open > 0 ? rest.slice(0, open) : '';
    if (!/^[a-z_][a-z0-9_]*$/i.test(name)) {
      this.problem(base, rest.startsWith('strace: ') ? 'a message of strace' : 'no system call');
      return;
    }
    const cut = rest.lastIndexOf('<unfinished ...>');
    if (cut > 0 && rest.slice(cut + 16).trim() === '') {
      const args = rest.slice(open + 1, cut).trimEnd();
      this.add(makeCall(base, name, args, {}), base.tid);
      return;
    }
    const result = readResult(rest);
    if (result) {
      this.keep(makeCall(base, name, rest.slice(open + 1, result.argsEnd), result));
      return;
    }
    const message = MESSAGE_IN_LINE.exec(rest);
    if (message) {
      this.add(makeCall(base, name, rest.slice(open + 1, message.index).trimEnd(), {}), base.tid);
      const event = readTraceEvent(message[0].replace(/^\^C/, ''));
      if (event) this.event(event, base);
      this.torn = base;
      return;
    }
    const detached = rest.lastIndexOf('<detached ...>');
    if (detached > 0 || rest.trimEnd().endsWith(')')) {
      // Interrupted by the end of the trace, or copied without its result: the call is known, its outcome is not.
      const end = detached > 0 ? detached : rest.trimEnd().length - 1;
      this.keep(makeCall(base, name, rest.slice(open + 1, end).trimEnd(), {}));
      return;
    }
    this.problem(base, 'the line ends before the call does');
  }

  /** Every item comes through here, in order. */
  protected keep(item: StraceItem): void {
    this.items.push(item);
  }

  /** The second half of a call was read. */
  protected joined(started: SyscallObservation, whole: SyscallObservation): void {
    this.items[this.positions.get(started)!] = whole;
    this.positions.delete(started);
  }

  /** The next line may be the rest of one that a message of strace broke in two. */
  protected get isTorn(): boolean {
    return this.torn !== undefined;
  }

  private add(call: SyscallObservation, tid: number | undefined): void {
    this.unfinished.set(tid, call);
    this.positions.set(call, this.items.length);
    this.keep(call);
  }

  private event(event: TraceEvent, base: Base): void {
    const tid = event.tid ?? base.tid;
    if (event.event === 'exited' || event.event === 'killed') this.unfinished.delete(tid);
    this.keep({
      kind: 'trace-event',
      ...base,
      event: event.event,
      ...(tid === undefined ? {} : { tid }),
      ...(event.detail === undefined ? {} : { detail: event.detail }),
    });
  }

  private resume(rest: string, base: Base): void {
    const marker = /^<\.\.\. (\w+) resumed>\s?/.exec(rest);
    const started = marker && this.startOf(marker[1]!, base.tid);
    if (!marker || !started) {
      this.problem(base, marker ? 'the call began before the log' : 'no system call');
      return;
    }
    this.join(started, rest.slice(marker[0].length), base);
  }

  /** The first half of a call. The prefix comes when a second thread starts, and goes when one is left. */
  private startOf(name: string, tid: number | undefined): SyscallObservation | undefined {
    const own = this.unfinished.get(tid);
    if (own?.name === name) return own;
    if (tid !== undefined) {
      const unnamed = this.unfinished.get(undefined);
      return unnamed?.name === name ? unnamed : undefined;
    }
    const alike = [...this.unfinished.values()].filter((each) => each.name === name);
    return alike.length === 1 ? alike[0] : undefined;
  }

  /** The rest of a torn line: what follows the arguments so far, or the word that there is more to come. */
  private mend(text: string, torn: Base): void {
    if (text.trim() === '<unfinished ...>') return;
    const started = this.unfinished.get(torn.tid);
    if (!started) return;
    if (/<(?:unfinished|detached) \.\.\.>\s*$/.test(text)) this.unfinished.delete(torn.tid);
    else this.join(started, text, { line: this.line, text });
  }

  private join(started: SyscallObservation, tail: string, base: Base): void {
    this.unfinished.delete(started.tid);
    const result = readResult(tail);
    const tailArgs = result ? withoutMark(tail.slice(0, result.argsEnd)) : withoutEnd(tail);
    const joined = makeCall(
      { ...started, ...(base.tid === undefined ? {} : { tid: base.tid }), resumedLine: base.line },
      started.name,
      `${started.args}${started.args.endsWith(',') ? ' ' : ''}${tailArgs}`,
      result ?? {},
    );
    this.joined(started, joined);
  }

  protected problem(base: Pick<Base, 'line' | 'text'>, reason: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ line: base.line, text: base.text, reason });
  }

  /** Microseconds: since the epoch for -ttt, of the day (counted on past midnight) for -t and -tt, summed for -r. */
  private toUs(clock: string): number | undefined {
    if (clock.includes(':')) {
      // Whole seconds (-t) order the calls, and measure nothing.
      if (!clock.includes('.')) return undefined;
      const parts = clock.split(':');
      const dayUs = Math.round((Number(parts[0]) * 3600 + Number(parts[1]) * 60 + Number(parts[2])) * 1e6);
      if (dayUs < this.lastDayUs - MICROSECONDS_A_DAY / 2) this.dayOffsetUs += MICROSECONDS_A_DAY;
      this.lastDayUs = dayUs;
      return this.dayOffsetUs + dayUs;
    }
    const point = clock.indexOf('.');
    const seconds = point < 0 ? clock : clock.slice(0, point);
    const fraction = point < 0 ? '' : clock.slice(point + 1, point + 7);
    const us = Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0'));
    // Since the epoch: later than 1973.
    if (us > 1e14) return us;
    this.relativeUs += us;
    return this.relativeUs;
  }
}

/** Cuts " <unfinished ...>" off the arguments of a call that strace marked twice. */
function withoutMark(args: string): string {
  const mark = '<unfinished ...>';
  return args.endsWith(mark) ? args.slice(0, -mark.length).trimEnd() : args;
}

/** Cuts " <detached ...>", ") = ? <unavailable>" and the like off arguments that have no result. */
function withoutEnd(tail: string): string {
  const at = tail.lastIndexOf('<');
  if (at < 0 || !tail.trimEnd().endsWith('>')) return tail;
  const args = tail.slice(0, at).trimEnd();
  const open = args.endsWith('= ?') ? args.slice(0, -3).trimEnd() : args;
  return open.endsWith(')') ? open.slice(0, -1) : open;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Base {
  readonly line: number;
  readonly text: string;
  readonly clock?: string;
  readonly startUs?: number;
  readonly tid?: number;
  readonly resumedLine?: number;
}

function makeCall(
  base: Base,
  name: string,
  args: string,
  outcome: { result?: number; errno?: string; durationUs?: number },
): SyscallObservation {
  const shown = readPayload(name, args);
  // A failed read prints the buffer's address or garbage; a short write moved less than its buffer.
  const payload =
    shown === undefined || (outcome.result !== undefined && outcome.result <= 0)
      ? undefined
      : shown.slice(0, outcome.result ?? shown.length);
  const descriptor = readDescriptor(name, args);
  return syscall({
    kind: 'syscall',
    line: base.line,
    text: base.text,
    clock: base.clock,
    startUs: base.startUs,
    tid: base.tid,
    name,
    fd: descriptor?.fd,
    fdName: descriptor?.fdName,
    args,
    result: outcome.result,
    errno: outcome.errno,
    durationUs: outcome.durationUs,
    payload,
    resumedLine: base.resumedLine,
  });
}

/** Reads a whole log. Pure; never throws. */
export function parseStrace(text: string): Parsed<StraceItem> {
  const reader = new StraceReader();
  reader.feedAll(text);
  return reader.finish();
}

export const straceProbe: Probe<StraceItem, StraceOptions> = {
  name: 'strace',
  summary: 'system calls of a process and its threads, with the time in each call',
  debianPackage: 'strace',
  command,
  parse: parseStrace,
};
