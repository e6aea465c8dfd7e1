import type { IsSpent } from './limits.ts';

/** What a tracer is asked to watch, and for how long. */
export interface CallsWindow {
  /** Processes; their threads and the processes they fork, also later ones, are watched too. */
  readonly pids: readonly number[];
  readonly durationMs: number;
  /** Ends the window early. */
  readonly signal: AbortSignal;
  /** Calls to keep at most; the window ends when they are there. */
  readonly maxCalls?: number;
  /** Asked as calls come in; ends the window when watching has cost enough. */
  readonly isSpent?: IsSpent;
  /** Called when every process is watched. */
  readonly onAttached?: () => void;
  /** Called when the window is over, just before detaching. */
  readonly onWindowEnd?: () => void;
}

/** What a tracer without the means to stop its target saw. */
export type WatchedCalls =
  | {
      readonly status: 'captured';
      /** What `strace -f -ttt -T` would have printed. */
      readonly text: string;
      /** Thread id, process id: also of threads that came and went within the window. */
      readonly threads: readonly (readonly [number, number])[];
      /** Between attaching and detaching. */
      readonly tracedMs: number;
      /** Calls that were noticed and could not be kept. */
      readonly lost: number;
      /** The log reached its limit before the window ended. */
      readonly full: boolean;
      /** What did not detach; normally empty. */
      readonly stuck: readonly string[];
    }
  | { readonly status: 'failed'; readonly reason: string };
