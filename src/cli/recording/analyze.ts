import { UserError } from '../../core/errors.ts';
import type { Recording } from '../../recording/format.ts';
import { judge } from '../../recording/judge.ts';
import type { Io } from '../command.ts';
import { printReport, progressOf, type ReportOptions, reportSettings } from '../report-output.ts';
import { diffRecordings } from './diff.ts';
import { openRecording } from './open.ts';

/** `perfcase analyze FILE`, and `perfcase analyze --diff BEFORE AFTER`. @throws UserError */
export async function analyzeFiles(
  files: readonly string[],
  options: ReportOptions & { readonly diff?: boolean },
  io: Io,
): Promise<void> {
  const [first, second] = files;
  if (options.diff) {
    if (files.length !== 2)
      throw new UserError('--diff takes two recordings: perfcase analyze --diff BEFORE AFTER.');
    await diffRecordings(first!, second!, options, io);
    return;
  }
  if (files.length !== 1) throw new UserError('one recording at a time; --diff BEFORE AFTER compares two.');
  await analyzeRecording(first!, options, io);
}

async function analyzeRecording(path: string, options: ReportOptions, io: Io): Promise<void> {
  reportSettings(options);
  const recording = await openRecording(path, io);
  const { report } = judged(path, recording, options);
  if (recording.endedBefore !== undefined)
    progressOf(options, io)(`${path} is incomplete: it ended ${recording.endedBefore}`);
  await printReport(report, options, io);
}

/** @throws UserError when the recording holds what no capture gives */
export function judged(
  path: string,
  recording: Recording,
  options: { readonly redact: boolean },
): ReturnType<typeof judge> {
  try {
    return judge(recording, options);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new UserError(`${path} is damaged (${error.message.split('\n', 1)[0]}).`);
  }
}
