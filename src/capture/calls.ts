import { plural } from '../core/units.ts';
import { listThreads, readDescriptors } from '../probes/proc/read.ts';
import { type TracerChoice, whyTracer } from '../tracers/ladder.ts';
import type { Span } from './canary.ts';
import { Budget, overheadOf } from './overhead.ts';
import type { RawCapture, RawOutput } from './raw-capture.ts';
import { commOf, isAlive, type LiveTarget } from './target.ts';
import { traceWindows } from './windows.ts';

export interface CallsRequest {
  readonly tracer: TracerChoice | 'none';
  readonly tracedMs: number;
  /** Client processes to watch with the target. */
  readonly watched: readonly number[];
  /** The target's reads and writes a second while nobody traced it. */
  readonly untracedRate: number | undefined;
  /** How long it was watched with nothing attached, before. */
  readonly untracedMs: number;
  /** Part of the target's time that watching may cost over the whole diagnosis, 0 to 1. */
  readonly maxOverhead: number;
  /** The target's descriptors of connections that are perfcase's own. */
  readonly ownFds?: readonly number[];
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** The part of a capture that a tracer gives, or why there is none. */
export type CallsPart = Pick<RawCapture, 'strace' | 'straceMissing' | 'tracer' | 'endedAt'> & {
  /** Descriptors of the watched processes, as they were before the first traced call. */
  readonly outputs?: readonly RawOutput[];
  /** Shorter than asked for when the target or the tracer ended before its time. */
  readonly tracedMs?: number;
  /** When a tracer was attached. */
  readonly spans?: readonly Span[];
};

/** Traces the target and its clients for as long as the budget bears, and says what that cost the target. */
export async function watchCalls(target: LiveTarget, request: CallsRequest): Promise<CallsPart> {
  const { tracer, tracedMs, signal, progress } = request;
  if (tracer === 'none') return { straceMissing: 'no tracer was asked for (--tracer none)' };
  if (signal.aborted) return {};
  const pids = [target.pid, ...request.watched];
  const threads = threadsOf(pids);
  const outputs = pids.flatMap(descriptorsOf);
  const who = pids.map((pid) => `${commOf(pid) ?? 'process'} (${pid})`).join(' and ');
  const how = tracer === 'auto' ? '' : ` with ${tracer}`;
  progress(
    `tracing ${plural(threads.length, 'thread')} of ${who}${how} for ${(tracedMs / 1000).toFixed(1)} s`,
  );
  const diagnosisMs = request.untracedMs + tracedMs;
  const budget = new Budget({
    maxOverhead: request.maxOverhead,
    diagnosisMs,
    spanMs: tracedMs,
    now: () => performance.now(),
  });
  const begunMs = performance.now();
  const traced = await traceWindows({
    ...{
      tracer,
      target: target.pid,
      isAlive: () => isAlive(target),
      clients: request.watched,
      durationMs: tracedMs,
      budget,
      signal,
    },
    onFallback: (reason, next) => progress(`${reason}; ${next} instead`),
  });
  if ('status' in traced) return { straceMissing: traced.reason, outputs };
  const { capture, calls, tracedRate } = traced;
  const { untracedRate } = request;
  for (const sentence of capture.stuck) progress(`warning: ${sentence}`);
  const overhead = overheadOf({
    ...{ tracer: capture.tracer, calls, ...budget.account, untracedRate, tracedRate },
    diagnosisMs,
    maxOverhead: request.maxOverhead,
    windows: traced.spans.length,
    shortened: traced.shortened,
  });
  if (overhead.shortened !== undefined) progress(overhead.shortened.replace(/\.$/, ''));
  else if (capture.full) progress('enough calls were seen; the window ended early');
  const slowdown = untracedRate && tracedRate ? Math.max(1, untracedRate / tracedRate) : undefined;
  return {
    strace: {
      text: capture.text,
      threads: [...threads, ...threadsOf(pids), ...(capture.threads ?? [])],
      ...(slowdown === undefined ? {} : { slowdown }),
      ...(request.ownFds ? { ownFds: request.ownFds } : {}),
    },
    tracer: {
      name: capture.tracer,
      why: whyTracer(tracer, capture.skipped),
      ...(capture.skipped ? { skipped: capture.skipped } : {}),
      events: calls,
      ...(capture.lost === undefined ? {} : { lost: capture.lost }),
      overhead,
    },
    endedAt: traced.endedAt,
    outputs,
    spans: traced.spans,
    tracedMs: Math.min(tracedMs, traced.endedMs - begunMs),
  };
}

function descriptorsOf(pid: number): RawOutput[] {
  const read = readDescriptors(pid);
  return read.status === 'captured'
    ? [{ source: `/proc/${pid}/fd`, probe: 'proc-fd', text: read.text, pid }]
    : [];
}

function threadsOf(pids: readonly number[]): [number, number][] {
  return pids.flatMap((pid) => (listThreads(pid) ?? []).map((tid): [number, number] => [tid, pid]));
}
