import { setTimeout as sleep } from 'node:timers/promises';
import { type CallsCapture, type TracerChoice, type TracerName, traceCalls } from '../tracers/ladder.ts';
import { MAX_CALLS } from '../tracers/limits.ts';
import type { Span } from './canary.ts';
import { type Counters, readCounters } from './counters.ts';
import type { Budget } from './overhead.ts';

type Captured = Extract<CallsCapture, { status: 'captured' }>;

export interface WindowsRequest {
  readonly tracer: TracerChoice;
  readonly target: number;
  /** Whether the target is still the process that it was: pids are given away again. */
  readonly isAlive: () => boolean;
  /** Client processes, watched with the target in the first window only: the rest of the budget is the target's. */
  readonly clients: readonly number[];
  readonly durationMs: number;
  readonly budget: Budget;
  readonly signal: AbortSignal;
  readonly onFallback: (reason: string, next: TracerName) => void;
  /** Others in tests. */
  readonly trace?: typeof traceCalls;
  readonly countersOf?: (pid: number) => Counters;
}

/** Several windows as one log, and what the target did meanwhile. */
export interface Windows {
  readonly capture: Captured;
  /** When the target was traced, window by window. */
  readonly spans: readonly Span[];
  /** Lines of the log. */
  readonly calls: number;
  /** Watching ended before its time, or paused, because more would have cost too much. */
  readonly shortened: boolean;
  /** The target's reads and writes a second while it was traced; undefined when that was too short to tell. */
  readonly tracedRate: number | undefined;
  /** When the last window was over: ISO 8601, and on performance's clock. */
  readonly endedAt: string;
  readonly endedMs: number;
}

/** A rate over less time than this tells nothing. */
const LEAST_RATE_MS = 200;

/**
 * Traces the target for as long as its budget bears: in one window, else in short ones with rests between them, in
 * which nothing is attached. Where calls are missing the log says "... not watched for 2.700 s".
 */
export async function traceWindows(
  request: WindowsRequest,
): Promise<Windows | Extract<CallsCapture, { status: 'failed' }>> {
  const { budget, signal, target, trace = traceCalls, countersOf = readCounters } = request;
  const until = performance.now() + request.durationMs;
  const rate = { calls: 0, ms: 0 };
  const parts: Captured[] = [];
  const texts: string[] = [];
  const spans: Span[] = [];
  let { tracer } = request;
  let calls = 0;
  let shortened = false;
  let endedMs = 0;
  let endedAt = '';
  for (;;) {
    let attached: Counters | undefined;
    let attachedMs = performance.now();
    let last: Counters | undefined;
    let isSpent = false;
    const detachedMs = endedMs;
    const capture = await trace(
      tracer,
      {
        pids: parts.length === 0 ? [target, ...request.clients] : [target],
        durationMs: Math.max(1, until - performance.now()),
        maxCalls: MAX_CALLS - calls,
        signal,
        isSpent: (name, seen) => {
          isSpent = budget.isSpent(name, seen);
          return isSpent;
        },
        onAttached: () => {
          budget.attach();
          attached = countersOf(target);
          attachedMs = performance.now();
        },
        onWindowEnd: () => {
          last = countersOf(target);
          endedMs = performance.now();
          endedAt = new Date().toISOString();
        },
      },
      request.onFallback,
    );
    // What ended while nobody watched it is no failure: there is something to show.
    if (capture.status === 'failed' && parts.length === 0) return capture;
    if (capture.status === 'failed') break;
    if (last === undefined) {
      // It ended before it was attached to anything.
      endedMs = performance.now();
      endedAt = new Date().toISOString();
    }
    const lines = countLines(capture.text);
    budget.detach(capture.tracer, lines);
    if (parts.length > 0) texts.push(gapLine(attachedMs - detachedMs));
    texts.push(capture.text.endsWith('\n') || capture.text === '' ? capture.text : `${capture.text}\n`);
    parts.push(capture);
    spans.push({ fromMs: attachedMs, toMs: endedMs });
    calls += lines;
    if (attached?.calls !== undefined && last?.calls !== undefined) {
      rate.calls += last.calls - attached.calls;
      rate.ms += last.atMs - attached.atMs;
    }
    tracer = capture.tracer;
    shortened ||= isSpent;
    const restMs = isSpent && calls < MAX_CALLS ? budget.restMs() : undefined;
    if (restMs === undefined || capture.stuck.length > 0 || performance.now() + restMs >= until) break;
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted || !request.isAlive()) break;
  }
  return {
    capture: joined(parts, texts.join('')),
    spans,
    calls,
    shortened,
    tracedRate: rate.ms < LEAST_RATE_MS ? undefined : rate.calls / (rate.ms / 1000),
    endedAt,
    endedMs,
  };
}

function joined(parts: readonly Captured[], text: string): Captured {
  const lost = parts.flatMap((part) => part.lost ?? []);
  const threads = parts.flatMap((part) => part.threads ?? []);
  return {
    ...parts[0]!,
    text,
    tracedMs: parts.reduce((sum, { tracedMs }) => sum + tracedMs, 0),
    full: parts.some(({ full }) => full),
    stuck: [...new Set(parts.flatMap(({ stuck }) => stuck))],
    ...(lost.length === 0 ? {} : { lost: lost.reduce((sum, each) => sum + each, 0) }),
    ...(threads.length === 0 ? {} : { threads }),
  };
}

function gapLine(ms: number): string {
  return `... not watched for ${(ms / 1000).toFixed(3)} s\n`;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
