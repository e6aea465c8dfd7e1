import { plural } from '../core/units.ts';
import { listThreads, readDescriptors } from '../probes/proc/read.ts';
import { type TracerChoice, traceCalls } from '../tracers/ladder.ts';
import { type Counters, callRate, readCounters } from './counters.ts';
import type { RawCapture, RawOutput } from './raw-capture.ts';
import { commOf, type LiveTarget } from './target.ts';

export interface CallsRequest {
  readonly tracer: TracerChoice | 'none';
  readonly tracedMs: number;
  /** Client processes to watch with the target. */
  readonly watched: readonly number[];
  /** The target's reads and writes a second while nobody traced it. */
  readonly untracedRate: number | undefined;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** The part of a capture that a tracer gives, or why there is none. */
export type CallsPart = Pick<RawCapture, 'strace' | 'straceMissing' | 'tracer' | 'endedAt'> & {
  /** Descriptors of the watched processes, as they were before the first traced call. */
  readonly outputs?: readonly RawOutput[];
  /** Shorter than asked for when the target or the tracer ended before its time. */
  readonly tracedMs?: number;
};

/** Traces the target and its clients, and measures what that cost the target. */
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
  let attached: Counters | undefined;
  let last: Counters | undefined;
  let endedAt: string | undefined;
  const trace = await traceCalls(
    tracer,
    {
      pids,
      durationMs: tracedMs,
      signal,
      onAttached: () => {
        attached = readCounters(target.pid);
      },
      onWindowEnd: () => {
        last = readCounters(target.pid);
        endedAt = new Date().toISOString();
      },
    },
    (reason, next) => progress(`${reason}; ${next} instead`),
  );
  if (trace.status === 'failed') return { straceMissing: trace.reason, outputs };
  for (const sentence of trace.stuck) progress(`warning: ${sentence}`);
  if (trace.full) progress('enough calls were seen; the window ended early');
  const during = attached && last && callRate(attached, last);
  const slowdown = request.untracedRate && during ? Math.max(1, request.untracedRate / during) : undefined;
  return {
    strace: {
      text: trace.text,
      threads: [...threads, ...threadsOf(pids), ...(trace.threads ?? [])],
      ...(slowdown === undefined ? {} : { slowdown }),
    },
    tracer: {
      name: trace.tracer,
      events: countLines(trace.text),
      ...(trace.lost === undefined ? {} : { lost: trace.lost }),
      ...(slowdown === undefined ? {} : { overhead: overheadOf(slowdown) }),
    },
    ...(endedAt === undefined ? {} : { endedAt }),
    outputs,
    tracedMs: Math.min(tracedMs, trace.tracedMs),
  };
}

function overheadOf(slowdown: number): { fraction: number; how: string } {
  return {
    fraction: Math.round((1 - 1 / slowdown) * 1000) / 1000,
    how: 'reads and writes a second that the target lost, measured against an untraced window of the same run',
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

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
