import { resolve } from 'node:path';
import type { Command } from 'commander';
import { diagnose } from '../../analyzers/engine.ts';
import { assemble } from '../../capture/assemble.ts';
import { captureLive } from '../../capture/live.ts';
import { type RawCapture, summaryOf } from '../../capture/raw-capture.ts';
import type { LiveTarget } from '../../capture/target.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { judge } from '../../recording/judge.ts';
import type { Io } from '../command.ts';
import { makeRawFolder, writeRaw } from '../raw-folder.ts';
import { RecordingKeeper } from '../recording/keeper.ts';
import {
  addReportOptions,
  printReport,
  progressOf,
  type ReportOptions,
  reportSettings,
} from '../report-output.ts';
import { addWatchOptions, type WatchOptions, watchOf } from '../watch-options.ts';

interface Options extends ReportOptions, WatchOptions {
  readonly keepRaw?: string;
  readonly record?: string;
}

export function configure(command: Command, io: Io): void {
  const watch = addWatchOptions(command)
    .option(
      '--record <file>',
      'keep a recording too, in a new file; analyze FILE prints the same report again',
    )
    .option('--keep-raw <folder>', 'keep what the tools printed, unredacted, in a new folder');
  addReportOptions(watch).action(async (options: Options) => run(options, io));
}

async function run(options: Options, io: Io): Promise<void> {
  reportSettings(options);
  const watch = watchOf(options, io);
  if (options.record === '-')
    throw new UserError('--record takes a file; standard output is for the report.');
  if (options.record !== undefined && options.output !== undefined && same(options.record, options.output))
    throw new UserError('--record and --output name the same file; give each its own. Nothing was started.');
  if (options.keepRaw !== undefined) makeRawFolder(options.keepRaw);
  const progress = progressOf(options, io);
  const target = await watch.find();
  const keeper =
    options.record === undefined
      ? undefined
      : await RecordingKeeper.open(options.record, target, watch, options.redact, io);
  try {
    const capture = await captureLive(target, {
      ...watch,
      progress,
      ...(keeper ? { onUndisturbed: (outputs, missing) => keeper.undisturbed(outputs, missing) } : {}),
    });
    await report(capture, target, options, io, keeper);
  } finally {
    await keeper?.close();
  }
}

const same = (one: string, other: string): boolean => resolve(one) === resolve(other);

/** Says what was found. A recording or raw folder that could not be written takes nothing from that, and is told at the end. */
async function report(
  capture: RawCapture,
  target: LiveTarget,
  options: Options,
  io: Io,
  keeper: RecordingKeeper | undefined,
): Promise<void> {
  const progress = progressOf(options, io);
  const recording = await keeper?.finish(capture);
  if (io.signal.aborted) {
    throw new UserError(
      `interrupted (${String(io.signal.reason)}); ${target.comm} (pid ${target.pid}) runs on untraced, and nothing was diagnosed.`,
      EXIT.inconclusive,
    );
  }
  if (capture.ended) progress(`${target.comm} (pid ${target.pid}) ended while it was watched`);
  if (capture.straceMissing !== undefined && options.tracer !== 'none') progress(capture.straceMissing);
  if (capture.configMissing !== undefined) progress(`its settings were not read: ${capture.configMissing}`);
  const notKept = options.keepRaw === undefined ? undefined : await writeRaw(options.keepRaw, capture);
  if (options.keepRaw !== undefined && !notKept)
    progress(`what the tools printed is in ${options.keepRaw}; it holds keys and values of others`);
  if (recording) await printReport(judge(recording, { redact: options.redact }).report, options, io);
  else {
    const { facts } = assemble(capture, { redact: options.redact });
    await printReport(diagnose(facts, summaryOf(capture)), options, io);
  }
  const failure = keeper?.failure ?? notKept;
  if (failure) throw failure;
}
