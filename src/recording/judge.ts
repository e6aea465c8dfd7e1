import { diagnose } from '../analyzers/engine.ts';
import type { Facts } from '../analyzers/facts.ts';
import { assemble } from '../capture/assemble.ts';
import { type RawCapture, summaryOf } from '../capture/raw-capture.ts';
import type { Report } from '../core/finding.ts';
import type { Manifest } from './format.ts';

/** What a report says of the recording that it was made from. */
export interface RecordingNote {
  readonly format: string;
  /** Version of perfcase that made the recording. */
  readonly perfcase: string;
  readonly redacted: boolean;
  readonly complete: boolean;
  /** The signal that ended the watching before its time. */
  readonly endedBy?: string;
}

export type RecordedReport = Report & { readonly recording: RecordingNote };

export interface ToJudge {
  readonly manifest: Manifest;
  readonly capture: RawCapture;
  readonly endedBefore?: string;
  readonly endedBy?: string;
}

/**
 * The report of a recording. It depends on the recording and on this version of perfcase alone: the same one comes
 * out where it was made and anywhere else.
 */
export function judge(
  { manifest, capture, endedBefore, endedBy }: ToJudge,
  options: { readonly redact: boolean },
): { report: RecordedReport; facts: Facts } {
  const { facts } = assemble(capture, options);
  const report = diagnose(facts, summaryOf(capture));
  const notes = [
    ...(endedBefore === undefined ? [] : [`The recording is incomplete: it ended ${endedBefore}.`]),
    ...(endedBy === undefined ? [] : [`The watching ended before its time (${endedBy}).`]),
    ...(manifest.redacted ? [] : ['The recording is not redacted: it holds keys and values of others.']),
    ...(report.blindSpots ?? []),
  ];
  const { blindSpots: _, ...rest } = report;
  const recording: RecordingNote = {
    format: manifest.format,
    perfcase: manifest.perfcase,
    redacted: manifest.redacted,
    complete: endedBefore === undefined,
    ...(endedBy === undefined ? {} : { endedBy }),
  };
  const whole = { ...rest, recording, ...(notes.length > 0 ? { blindSpots: notes } : {}) };
  // What was not found may stand in the part that is missing.
  const verdict = endedBefore !== undefined && rest.verdict === 'clear' ? 'inconclusive' : rest.verdict;
  if (verdict === rest.verdict) return { report: whole, facts };
  const summary = `Cannot tell why ${rest.target.comm ?? 'the process'} is slow, because its recording ended ${endedBefore}.`;
  return { report: { ...whole, verdict, summary }, facts };
}
