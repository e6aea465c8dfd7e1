import { traceWithBpf } from './bpf/trace.ts';
import { type StraceWindow, traceWithStrace } from './strace.ts';

/** The tracers, lightest first. */
export const TRACERS = ['bpf', 'strace'] as const;
export type TracerName = (typeof TRACERS)[number];
/** What a user may ask for; "auto" takes the lightest tracer that works here. */
export const TRACER_CHOICES = ['auto', ...TRACERS] as const;
export type TracerChoice = (typeof TRACER_CHOICES)[number];

/** A log of system calls, whichever tracer wrote it. */
export type CallsCapture =
  | {
      readonly status: 'captured';
      readonly tracer: TracerName;
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

/** What `auto` tries, in this order. */
export const AUTO: readonly TracerName[] = TRACERS;

/**
 * Watches processes with the tracer that was chosen; "auto" goes on to the next one when one does not work here.
 * @param onFallback is told why a tracer is left out, and which one comes instead
 */
export async function traceCalls(
  choice: TracerChoice,
  window: StraceWindow,
  onFallback: (reason: string, next: TracerName) => void,
): Promise<CallsCapture> {
  const rungs = choice === 'auto' ? AUTO : [choice];
  let capture: CallsCapture | undefined;
  for (const tracer of rungs) {
    if (capture?.status === 'failed') onFallback(capture.reason, tracer);
    const watch = tracer === 'bpf' ? traceWithBpf : traceWithStrace;
    capture = { tracer, ...(await watch(window)) };
    if (capture.status === 'captured' || window.signal.aborted) break;
  }
  return capture!;
}
