import type { CriticalPath, SyncTimes, Waterfall } from './timeline.ts';
/** The words of a diagnosis. `Report` is the JSON that users rely on: add freely, rename nothing. */

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Whether a severity is at or above the one that `--fail-on` names. */
export function reaches(severity: Severity, failOn: Severity | 'never'): boolean {
  return failOn !== 'never' && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn);
}

/** A captured line that a claim points at. */
export interface Evidence {
  /** The tool: strace, lsof, pidstat, iostat, top, proc, redis … */
  readonly source: string;
  /** Line in that tool's raw output, from 1. */
  readonly line?: number;
  readonly text: string;
}

export interface Measure {
  readonly value: number;
  readonly unit: string;
}

export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  /** 0 to 1. */
  readonly confidence: number;
  readonly title: string;
  readonly why: string;
  /** Part of the slow path's wall time, 0 to 1; absent where not measurable. */
  readonly share?: number;
  readonly measures: Readonly<Record<string, Measure>>;
  /** Never empty. */
  readonly evidence: readonly Evidence[];
  readonly fix?: { readonly summary: string; readonly command?: string; readonly cost: string };
  readonly prediction?: Prediction;
  /** What looked like causes of their own and came from this one; absent when there are none. */
  readonly explains?: readonly { readonly id: string; readonly because: string }[];
}

/** What a fix will bring. */
export interface Prediction {
  /** "request seconds", or "command milliseconds" where no whole request was seen. */
  readonly metric: string;
  /** As it is now, without the tracer's own cost. */
  readonly before: number;
  /** With this fix alone, and within which bounds. */
  readonly after: number;
  readonly low: number;
  readonly high: number;
  /** With the fixes of the findings that stand before it in the report as well. */
  readonly inTurn?: {
    readonly after: number;
    readonly low: number;
    readonly high: number;
    readonly parts?: TimeParts;
  };
  /** What `before` and `after` are made of. */
  readonly parts?: { readonly before: TimeParts; readonly after: TimeParts };
}

/** What a request's time goes to, in the unit of the metric: syncs, and commands by what they do, their ways included. */
export type TimeParts = Readonly<Record<'sync' | 'scan' | 'read' | 'write' | 'other', number>>;

/** What a rule answers. */
export type Verdict =
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'clear'; readonly because: string; readonly evidence?: readonly Evidence[] }
  | { readonly kind: 'not-applicable'; readonly because: string }
  | { readonly kind: 'insufficient'; readonly because: string }
  /** What the rule saw comes from the cause `of`, if that one stands in this report; if not, it answers `otherwise`. */
  | { readonly kind: 'symptom'; readonly of: string; readonly because: string; readonly otherwise: Verdict }
  | { readonly kind: 'crashed'; readonly because: string };

export interface RuledOut {
  readonly id: string;
  readonly because: string;
  readonly evidence?: readonly Evidence[];
  /** The finding that explains what was seen; absent where nothing was. */
  readonly explainedBy?: string;
}
export interface NotChecked {
  readonly id: string;
  readonly because: string;
}

export interface ClientProcess {
  /** Absent when the process behind the address could not be found. */
  readonly pid?: number;
  readonly comm?: string;
  readonly address: string;
  readonly container?: string;
}

export interface Endpoint {
  readonly name: string;
  /** Requests that were seen from their first byte to their answer. */
  readonly requests: number;
  readonly seconds: { readonly p50?: number; readonly max?: number; readonly atLeast?: number };
  readonly commands: Readonly<Record<string, number>>;
}

/** A step on the path from the symptom to the cause. */
export interface PathStep {
  readonly question: string;
  readonly answer: string;
  readonly evidence: readonly Evidence[];
}

export interface Target {
  readonly pid?: number;
  readonly comm?: string;
  readonly container?: string;
  readonly netns?: string;
  readonly server?: { readonly kind: string; readonly version?: string; readonly port?: number };
}

/** What watching cost the target, as parts (0 to 1) of its time over the whole diagnosis. */
export interface Overhead {
  /** The measured part where measuring was possible, else the estimated one. */
  readonly fraction: number;
  readonly how: string;
  /** Calls that were noted × what the tracer adds to each. */
  readonly estimated?: number;
  /** What the target did less than in an untraced window of the same run. */
  readonly measured?: number;
  /** --max-overhead. */
  readonly limit?: number;
  /** How long a tracer was attached. */
  readonly attachedSeconds?: number;
  /** Why it was watched for a shorter time than was asked for; absent when it was not. */
  readonly shortened?: string;
  /** How long a PING of perfcase's own took, median, before and while it was traced. */
  readonly ping?: { readonly beforeMs: number; readonly duringMs: number; readonly count: number };
}

export interface TracerSummary {
  readonly name: string;
  /** Why this one watched, in words; absent for a log that somebody brought. */
  readonly why?: string;
  /** Those that were tried before it, and why each was not taken. */
  readonly skipped?: readonly { readonly name: string; readonly reason: string }[];
  readonly events: number;
  readonly lost?: number;
  readonly overhead?: Overhead;
}

/** `--format json`. */
export interface Report {
  readonly schema: 'perfcase.report/1';
  readonly perfcase: string;
  readonly target: Target;
  /** ISO 8601. `endedAt` is the end of the watching; judging comes after it. */
  readonly window: { readonly startedAt?: string; readonly endedAt?: string; readonly seconds?: number };
  readonly tracer?: TracerSummary;
  readonly summary: string;
  /** "found", "clear", or "inconclusive" with the reasons in `notChecked`. */
  readonly verdict: 'found' | 'clear' | 'inconclusive';
  readonly path: readonly PathStep[];
  readonly findings: readonly Finding[];
  readonly ruledOut: readonly RuledOut[];
  readonly notChecked: readonly NotChecked[];
  readonly clients: readonly ClientProcess[];
  readonly endpoints: readonly Endpoint[];
  /** A slow stretch of one connection, call by call; only beside a finding. */
  readonly waterfall?: Waterfall;
  /** Where the time of the slow requests went; absent when it could not be measured. */
  readonly criticalPath?: CriticalPath;
  /** Absent when the target synced too little to say. */
  readonly syncTimes?: SyncTimes;
  /** What could not be seen, each in a sentence; absent when there is nothing to say. */
  readonly blindSpots?: readonly string[];
}
