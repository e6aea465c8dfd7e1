import type { Command } from 'commander';
import { captureLive } from '../../capture/live.ts';
import { EXIT } from '../../core/errors.ts';
import { RecordingWriter } from '../../recording/writer.ts';
import type { Io } from '../command.ts';
import { manifestFor } from '../recording/manifest.ts';
import { openOutputFile } from '../recording/output-file.ts';
import { checkOutput, progressOf } from '../report-output.ts';
import { addWatchOptions, type WatchOptions, watchOf } from '../watch-options.ts';

interface Options extends WatchOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly redact: boolean;
  readonly quiet?: boolean;
}

const MORE = `
The file is gzip: "zcat FILE | head" shows it. Passwords, values, keys beyond their prefix, HTTP headers, queries and
bodies, and arguments of programs never reach it, unless --no-redact is given; keyed hashes with a random key that is
not kept stand in for them, so that the diagnosis stays the same. It is written while it is made: what was written
before perfcase was killed can still be analyzed. Ctrl-C ends the watching early, and the file is finished.

Exit codes: 0 recorded; 1 the file could not be written; 2 wrong usage; 4 no system calls could be recorded.`;

export function configure(command: Command, io: Io): void {
  addWatchOptions(command)
    .requiredOption('--output <file>', 'the recording; - is standard output')
    .option('--force', 'write over a file that exists')
    .option('--no-redact', 'keep keys and values of others as they were captured')
    .option('--quiet', 'no progress on standard error')
    .addHelpText('after', MORE)
    .action(async (options: Options) => run(options, io));
}

async function run(options: Options, io: Io): Promise<void> {
  const watch = watchOf(options, io);
  if (options.output !== '-') checkOutput(options.output);
  const progress = progressOf(options, io);
  const target = await watch.find();
  const file = await openOutputFile(options.output, '--output', options.force ?? false, io);
  try {
    const manifest = await manifestFor(target, watch, options.redact, io);
    const writer = await RecordingWriter.begin(file.write, manifest);
    const capture = await captureLive(target, {
      ...watch,
      progress,
      onUndisturbed: (outputs, missing) => writer.undisturbed(outputs, missing),
    });
    const endedBy = io.signal.aborted ? String(io.signal.reason) : undefined;
    await writer.finish(capture, endedBy);
    if (endedBy !== undefined) progress(`the watching ended early (${endedBy})`);
    if (capture.straceMissing !== undefined) progress(capture.straceMissing);
    const calls = capture.tracer ? `${capture.tracer.events} calls, ` : '';
    const privacy = options.redact ? 'redacted' : 'not redacted: it holds keys and values of others';
    progress(`${file.name}: ${calls}${Math.ceil(file.bytes / 1024)} KiB, ${privacy}`);
    if (!capture.strace && watch.tracer !== 'none') io.exitCode = EXIT.inconclusive;
  } finally {
    await file.close();
  }
}
