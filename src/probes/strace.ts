import type { CommandSpec, Parsed, Probe, Problem } from '../core/capture.ts';
import type { SyscallObservation, TraceEventObservation } from '../core/observation.ts';
import { readDescriptor, readPayload, readPrefix, readResult } from './strace-line.ts';

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
const MICROSECONDS_A_DAY = 86_400e6;

/** Reads a log line by line; calls that were split in two by another thread are put together again. */
export class StraceReader {
  readonly items: StraceItem[] = [];
  readonly problems: Problem[] = [];
  private line = 0;
  private readonly unfinished = new Map<number | undefined, SyscallObservation>();
  private readonly positions = new Map<SyscallObservation, number>();
  private lastDayUs = 0;
  private dayOffsetUs = 0;
  private relativeUs = 0;

  feed(text: string): void {
    this.line++;
    if (/^\s*\.\.\.\s*$/.test(text)) {
      this.items.push({ kind: 'trace-event', event: 'gap', line: this.line, text });
      return;
    }
    if (isDecoration(text)) return;
    const prefix = readPrefix(text);
    const base = {
      line: this.line,
      text,
      ...(prefix.clock === undefined ? {} : { clock: prefix.clock, startUs: this.toUs(prefix.clock) }),
      ...(prefix.tid === undefined ? {} : { tid: prefix.tid }),
    };
    const rest = text.slice(prefix.end);
    const event = readTraceEvent(rest);
    if (event) {
      const tid = event.tid ?? prefix.tid;
      this.items.push({
        kind: 'trace-event',
        ...base,
        event: event.event,
        ...(tid === undefined ? {} : { tid }),
        ...(event.detail === undefined ? {} : { detail: event.detail }),
      });
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
      const { argsEnd, ...outcome } = result;
      this.items.push(makeCall(base, name, rest.slice(open + 1, argsEnd), outcome));
      return;
    }
    const detached = rest.lastIndexOf('<detached ...>');
    if (detached > 0 || rest.trimEnd().endsWith(')')) {
      // Interrupted by the end of the trace, or copied without its result: the call is known, its outcome is not.
      const end = detached > 0 ? detached : rest.trimEnd().length - 1;
      this.items.push(makeCall(base, name, rest.slice(open + 1, end).trimEnd(), {}));
      return;
    }
    this.problem(base, 'the line ends before the call does');
  }

  private add(call: SyscallObservation, tid: number | undefined): void {
    this.unfinished.set(tid, call);
    this.positions.set(call, this.items.length);
    this.items.push(call);
  }

  private resume(rest: string, base: Base): void {
    const marker = /^<\.\.\. (\w+) resumed>\s?/.exec(rest);
    const tid = base.tid;
    const started = this.unfinished.get(tid);
    if (!marker || !started || started.name !== marker[1]) {
      this.problem(base, marker ? 'the call began before the log' : 'no system call');
      return;
    }
    this.unfinished.delete(tid);
    const tail = rest.slice(marker[0].length);
    const result = readResult(tail);
    const position = this.positions.get(started)!;
    this.positions.delete(started);
    const outcome = result ? { ...result } : {};
    const tailArgs = result ? tail.slice(0, result.argsEnd) : tail.replace(/\)?\s*(= \?)?\s*<.*>\s*$/, '');
    const joined = makeCall(
      { ...started, resumedLine: base.line },
      started.name,
      `${started.args}${started.args.endsWith(',') ? ' ' : ''}${tailArgs}`,
      outcome,
    );
    this.items[position] = joined;
  }

  private problem(base: Base, reason: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ line: base.line, text: base.text, reason });
  }

  /** Microseconds: since the epoch for -ttt, of the day (counted on past midnight) for -t and -tt, summed for -r. */
  private toUs(clock: string): number {
    const parts = clock.split(':');
    if (parts.length === 3) {
      const dayUs = Math.round((Number(parts[0]) * 3600 + Number(parts[1]) * 60 + Number(parts[2])) * 1e6);
      if (dayUs < this.lastDayUs - MICROSECONDS_A_DAY / 2) this.dayOffsetUs += MICROSECONDS_A_DAY;
      this.lastDayUs = dayUs;
      return this.dayOffsetUs + dayUs;
    }
    const [seconds = '0', fraction = ''] = clock.split('.');
    const us = Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6));
    if (us > 1e14) return us;
    this.relativeUs += us;
    return this.relativeUs;
  }
}

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
  return {
    kind: 'syscall',
    line: base.line,
    text: base.text,
    ...(base.clock === undefined ? {} : { clock: base.clock }),
    ...(base.startUs === undefined ? {} : { startUs: base.startUs }),
    ...(base.tid === undefined ? {} : { tid: base.tid }),
    name,
    ...readDescriptor(name, args),
    args,
    ...(outcome.result === undefined ? {} : { result: outcome.result }),
    ...(outcome.errno === undefined ? {} : { errno: outcome.errno }),
    ...(outcome.durationUs === undefined ? {} : { durationUs: outcome.durationUs }),
    ...(payload === undefined ? {} : { payload }),
    ...(base.resumedLine === undefined ? {} : { resumedLine: base.resumedLine }),
  };
}

/** Blank lines, prompts, comments and stack lines, as they stand in logs that people paste. */
function isDecoration(text: string): boolean {
  return /^\s*(?:$|[$#] |> .*\[0x|```)/.test(text);
}

function readTraceEvent(
  rest: string,
): { event: TraceEventObservation['event']; tid?: number; detail?: string } | undefined {
  const first = rest.charCodeAt(0);
  if (first === 45 /* - */) {
    const signal = /^--- (?:(stopped) by )?(SIG\w+).*---\s*$/.exec(rest);
    return signal ? { event: signal[1] ? 'stopped' : 'signal', detail: signal[2]! } : undefined;
  }
  if (first === 43 /* + */) {
    const end = /^\+\+\+ (exited with|killed by|superseded by) (.*?) \+\+\+\s*$/.exec(rest);
    return end ? { event: end[1] === 'killed by' ? 'killed' : 'exited', detail: end[2]! } : undefined;
  }
  const attach = /^(?:strace: )?Process (\d+) (attached|detached)(?: with (\d+) threads)?/.exec(rest);
  if (!attach) return undefined;
  return {
    event: attach[2] as 'attached' | 'detached',
    tid: Number(attach[1]),
    ...(attach[3] === undefined ? {} : { detail: `${attach[3]} threads` }),
  };
}

/** Reads a whole log. Pure; never throws. */
export function parseStrace(text: string): Parsed<StraceItem> {
  const reader = new StraceReader();
  for (const line of text.split('\n')) reader.feed(line.endsWith('\r') ? line.slice(0, -1) : line);
  return reader.finish();
}

export const straceProbe: Probe<StraceItem, StraceOptions> = {
  name: 'strace',
  summary: 'system calls of a process and its threads, with the time in each call',
  debianPackage: 'strace',
  command,
  parse: parseStrace,
};
