import { exitCodeOf } from '../../analyzers/engine.ts';
import { UserError } from '../../core/errors.ts';
import { compare, type RecordingDiff, type Side } from '../../recording/diff.ts';
import { diffBlocks } from '../../recording/diff-view.ts';
import { markdownBlocks } from '../../report/markdown.ts';
import type { RenderOptions } from '../../report/options.ts';
import { terminalBlocks } from '../../report/terminal.ts';
import type { Io } from '../command.ts';
import { columnsOf, isColoured, type ReportOptions, reportSettings, writeReport } from '../report-output.ts';
import { judged } from './analyze.ts';
import { openRecording } from './open.ts';

/** JSON may hold them raw; some terminals take them for commands. */
const CONTROL = /[\x7f-\x9f]/g;
const escaped = (each: string): string => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The formats that a comparison comes in. */
const FORMATS: Readonly<Record<string, (diff: RecordingDiff, options: RenderOptions) => string>> = {
  text: (diff, options) => terminalBlocks(diffBlocks(diff), options),
  markdown: (diff) => markdownBlocks(diffBlocks(diff)),
  json: (diff) => `${JSON.stringify(diff, null, 2).replace(CONTROL, escaped)}\n`,
};

/** `perfcase analyze --diff BEFORE AFTER`; the exit code is that of AFTER. @throws UserError */
export async function diffRecordings(
  before: string,
  after: string,
  options: ReportOptions,
  io: Io,
): Promise<void> {
  const { failOn } = reportSettings(options);
  const format = FORMATS[options.format];
  if (!format)
    throw new UserError(`--diff prints ${Object.keys(FORMATS).join(', ')}, not "${options.format}".`);
  const sides: Side[] = [];
  for (const path of [before, after]) {
    const recording = await openRecording(path, io);
    sides.push({ manifest: recording.manifest, ...judged(path, recording, options) });
  }
  const diff = compare(sides[0]!, sides[1]!);
  await writeReport(
    format(diff, { colour: isColoured(options, io), width: columnsOf(io.env) }),
    options.output,
    io,
  );
  io.exitCode = exitCodeOf(sides[1]!.report, failOn);
}
