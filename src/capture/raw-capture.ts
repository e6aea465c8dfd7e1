import type { CaptureSummary } from '../analyzers/engine.ts';
import type { ClientProcess, Target, TracerSummary } from '../core/finding.ts';

/** A tool's output as it was printed. */
export interface RawOutput {
  /** Which parser reads it: a name in src/probes. */
  readonly probe: string;
  /** How evidence names it: "iostat", "lsof -i". */
  readonly source: string;
  readonly text: string;
  /** For /proc/PID/fd, whose text does not name the process. */
  readonly pid?: number;
}

/** All that was captured of one target, raw. Plain data: what is judged can be kept and judged again. */
export interface RawCapture {
  readonly target: Target;
  /** ISO 8601. */
  readonly startedAt?: string;
  /** When the watching was over, before anything was judged. */
  readonly endedAt?: string;
  readonly seconds?: number;
  readonly outputs: readonly RawOutput[];
  /** The log of strace, and what is needed to read it. */
  readonly strace?: {
    readonly text: string;
    /** Thread id, process id. */
    readonly threads: readonly (readonly [number, number])[];
    readonly slowdown?: number;
    /** The target's descriptors of connections that are perfcase's own: nothing there is its clients' work. */
    readonly ownFds?: readonly number[];
    /** Lines of each log when several were put one behind the other. */
    readonly logLines?: readonly number[];
  };
  readonly straceMissing?: string;
  readonly tracer?: TracerSummary;
  /** Why the server's configuration could not be read. */
  readonly configMissing?: string;
  /** Tool to reason, for everything that could not be captured. */
  readonly missing: Readonly<Record<string, string>>;
  readonly targetCpu?: {
    readonly busiestThreadPercent?: number;
    readonly busiestThread?: string;
    readonly runDelayShare?: number;
    readonly seconds: number;
    readonly text: string;
  };
  readonly swapped?: { readonly inPages: number; readonly outPages: number; readonly seconds: number };
  readonly clients: readonly ClientProcess[];
  /** True when TracerPid was read before the window and was 0. */
  readonly untraced?: boolean;
  readonly otherTracer?: { readonly pid: number; readonly comm: string; readonly text: string };
  /** The target ended while it was watched. */
  readonly ended?: boolean;
}

/** The head of the report that belongs to a capture. */
export function summaryOf(capture: RawCapture): CaptureSummary {
  const { startedAt, endedAt, seconds, tracer } = capture;
  return {
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(tracer ? { tracer } : {}),
  };
}
