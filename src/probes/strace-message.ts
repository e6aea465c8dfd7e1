import type { TraceEventObservation } from '../core/observation.ts';

/** What stands in a log of strace and is no call: its messages, signals, exits, and what people paste around it. */

/**
 * Blank lines, prompts, comments, stack lines (-k) and dumps of buffers (-e read, -e write), and what strace prints
 * between calls, as they stand in logs that people paste.
 */
export function isDecoration(text: string): boolean {
  return /^\s*(?:$|[$#] |> .*\[0x|```|\| [0-9a-f]{5,} |(?:\^C)?\s*<(?:detached|unfinished) \.\.\.>\s*$|Process \d+ (?:suspended|resumed))/.test(
    text,
  );
}

/** strace printed a message of its own while the line of a call was not complete. */
export const MESSAGE_IN_LINE =
  /(?:\^C)?(?:strace: )?Process \d+ (?:attached|detached|suspended|resumed)\b[^"]*$/;
/** How the next line then goes on. */
export const REST_OF_TORN = /^(?:[,)}\]]|[a-z_]+=| =>| ?\)|(?:\^C)?\s*<(?:unfinished|detached) \.\.\.>\s*$)/;

/**
 * Where calls are missing: three dots, as people write them. perfcase says why behind them, where it left calls out
 * itself: "... not watched for 2.700 s".
 */
export function readGap(text: string): { readonly event: 'gap'; readonly detail?: string } | undefined {
  const gap = /^\s*\.\.\.\s*(not watched for \d+\.\d+ s)?\s*$/.exec(text);
  if (!gap) return undefined;
  return gap[1] === undefined ? { event: 'gap' } : { event: 'gap', detail: gap[1] };
}

export interface TraceEvent {
  readonly event: TraceEventObservation['event'];
  readonly tid?: number;
  readonly detail?: string;
}

export function readTraceEvent(rest: string): TraceEvent | undefined {
  const first = rest.charCodeAt(0);
  if (first === 45 /* - */) {
    const signal = /^--- (?:(stopped) by )?(SIG\w+).*---\s*$/.exec(rest);
    return signal ? { event: signal[1] ? 'stopped' : 'signal', detail: signal[2]! } : undefined;
  }
  if (first === 43 /* + */) {
    const end = /^\+\+\+ (exited with|exited|killed by|superseded by) (.*?) \+\+\+\s*$/.exec(rest);
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
