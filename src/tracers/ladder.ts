import { traceWithBpf } from './bpf/trace.ts';
import { traceWithBpftrace } from './bpftrace/trace.ts';
import { traceWithPerf } from './perf/trace.ts';
import { traceWithStrace } from './strace.ts';
import type { CallsWindow } from './window.ts';

export const TRACERS = ['bpf', 'bpftrace', 'perf', 'strace'] as const;
export type TracerName = (typeof TRACERS)[number];
/** What a user may ask for; "auto" takes the first one of AUTO that works here. */
export const TRACER_CHOICES = ['auto', ...TRACERS] as const;
export type TracerChoice = (typeof TRACER_CHOICES)[number];

/** A tracer that was not taken, with its reason in one line. */
export interface SkippedTracer {
  readonly name: TracerName;
  readonly reason: string;
}

/** A log of system calls, whichever tracer wrote it. */
export type CallsCapture =
  | {
      readonly status: 'captured';
      readonly tracer: TracerName;
      /** Tracers that were tried before; absent when the first one worked. */
      readonly skipped?: readonly SkippedTracer[];
      /** As `strace -f -ttt -T` prints calls. */
      readonly text: string;
      readonly tracedMs: number;
      readonly full: boolean;
      readonly stuck: readonly string[];
      /** Calls that are missing from the log; absent when the tracer cannot lose any. */
      readonly lost?: number;
      /** Thread id, process id, as far as the tracer knows them. */
      readonly threads?: readonly (readonly [number, number])[];
    }
  | { readonly status: 'failed'; readonly tracer: TracerName; readonly reason: string };

/**
 * What `auto` tries, in this order: what harms the target least, of the tracers that show everything. perf comes last,
 * although it is lighter than strace: it shows no bytes, so most causes cannot be named with it, and what strace costs
 * is bounded by the overhead that the user allows. It is left for where tracing by ptrace is forbidden.
 */
export const AUTO: readonly TracerName[] = ['bpf', 'bpftrace', 'strace', 'perf'];

const WATCH = {
  bpf: traceWithBpf,
  bpftrace: traceWithBpftrace,
  perf: traceWithPerf,
  strace: traceWithStrace,
} as const;

/**
 * Watches processes with the tracer that was chosen; "auto" goes on to the next one when one does not work here.
 * @param onFallback is told why a tracer is left out, and which one comes instead
 */
export async function traceCalls(
  choice: TracerChoice,
  window: CallsWindow,
  onFallback: (reason: string, next: TracerName) => void,
  watch: Readonly<Record<TracerName, (typeof WATCH)[TracerName]>> = WATCH,
): Promise<CallsCapture> {
  const rungs = choice === 'auto' ? AUTO : [choice];
  const skipped: SkippedTracer[] = [];
  for (const tracer of rungs) {
    const before = skipped.at(-1);
    if (before) onFallback(before.reason, tracer);
    const capture = await watch[tracer](window);
    if (capture.status === 'captured') return { tracer, ...(before ? { skipped } : {}), ...capture };
    skipped.push({ name: tracer, reason: capture.reason });
    if (window.signal.aborted) break;
  }
  const reasons = new Set(skipped.map(({ reason }) => reason));
  return { status: 'failed', tracer: skipped.at(-1)!.name, reason: [...reasons].join('; ') };
}

/** Why this tracer watched, in words for a report. */
export function whyTracer(choice: TracerChoice, skipped: readonly SkippedTracer[] = []): string {
  if (choice !== 'auto') return `it was asked for (--tracer ${choice})`;
  if (skipped.length === 0) return 'it is the lightest one that shows everything';
  return `it is the first one that works here; ${skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`;
}
