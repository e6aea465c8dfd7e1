import type { RawCapture, RawOutput } from '../capture/raw-capture.ts';
import type { Target } from '../core/finding.ts';

/**
 * A recording: lines of JSON, one a part, each packed by itself (RFC 1952: a gzip file may consist of several members,
 * so `zcat` opens it). What was written before it was cut stays readable; the last part says that it is whole.
 *
 *   {"format":"perfcase.recording/1","perfcase":"0.1.0","redacted":true,"startedAt":…,"target":…}
 *   {"part":"output","source":"top","probe":"top","text":"top - 12:46:18 up …"}
 *   {"part":"missing","missing":{"iostat":"iostat is not installed"}}
 *   {"part":"capture","capture":{…}}
 *   {"part":"log","text":"[pid  9085] 1700000000.123456 read(8, …"}
 *   {"part":"end","parts":9}
 */

export const FORMAT_VERSION = 1;
export const FORMAT = `perfcase.recording/${FORMAT_VERSION}`;

/** The first line. Fields may be added; readers pass over those that they do not know. */
export interface Manifest {
  readonly format: string;
  /** Version of perfcase that made it. */
  readonly perfcase: string;
  readonly redacted: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Minutes that the clock in the tools' outputs was ahead of UTC. */
  readonly utcOffsetMinutes: number;
  readonly target: Target;
  /** What was asked for. */
  readonly asked: { readonly seconds: number; readonly tracer: string };
  readonly machine: {
    readonly kernel: string;
    readonly os: string;
    readonly arch: string;
    readonly cpus: number;
    readonly memoryMiB: number;
    readonly node: string;
    /** Absent in a redacted recording. */
    readonly host?: string;
  };
  /** Tool to version; null for one that is not there. */
  readonly tools: Readonly<Record<string, string | null>>;
}

/** All of a capture but the long texts, which have parts of their own. */
export type CaptureHead = Omit<RawCapture, 'outputs' | 'strace'> & {
  readonly strace?: Omit<NonNullable<RawCapture['strace']>, 'text'>;
};

export type Part =
  | (RawOutput & {
      readonly part: 'output';
      /** The text goes on in the next part. */
      readonly more?: boolean;
    })
  | { readonly part: 'missing'; readonly missing: Readonly<Record<string, string>> }
  | { readonly part: 'capture'; readonly capture: CaptureHead }
  | { readonly part: 'log'; readonly text: string }
  | {
      readonly part: 'end';
      /** Lines before this one. */
      readonly parts: number;
      /** The signal that ended the watching before its time. */
      readonly endedBy?: string;
    };

/** Characters of a text in one part. */
export const TEXT_CHARS = 512 * 1024;

export interface Recording {
  readonly manifest: Manifest;
  readonly capture: RawCapture;
  /** What is missing of a recording that was cut, in words: "before the system calls were traced". Absent when whole. */
  readonly endedBefore?: string;
  readonly endedBy?: string;
}
