import { type Command, Option } from 'commander';
import { diagnose } from '../../analyzers/engine.ts';
import { RULES } from '../../analyzers/rules/index.ts';
import { assemble } from '../../capture/assemble.ts';
import { captureLive } from '../../capture/live.ts';
import { summaryOf } from '../../capture/raw-capture.ts';
import { askServer } from '../../capture/server.ts';
import { isAlive, type LiveTarget } from '../../capture/target.ts';
import { EXIT, type ExitCode, UserError } from '../../core/errors.ts';
import type { Finding, Report } from '../../core/finding.ts';
import { networkNamespace } from '../../probes/proc/read.ts';
import { keep } from '../../verify/keeper.ts';
import { restoreLeftovers, runAt } from '../../verify/leftovers.ts';
import type { Order } from '../../verify/messages.ts';
import { type Change, planOfCommands, planOfFix } from '../../verify/plan.ts';
import { type Verification, verify } from '../../verify/run.ts';
import { stateFileFor, verifyRoot } from '../../verify/state-file.ts';
import type { Io } from '../command.ts';
import { checkOutput, numberOption, progressOf, writeReport } from '../report-output.ts';
import { accessOf } from '../server-flags.ts';
import { readSmallFile } from '../small-file.ts';
import { renderVerification, verificationJson } from '../verify/render.ts';
import { addWatchOptions, type Watch, type WatchOptions, watchOf } from '../watch-options.ts';

interface Options extends WatchOptions {
  readonly fix?: string;
  readonly apply: readonly string[];
  readonly revert: readonly string[];
  readonly rounds: string;
  readonly report?: string;
  readonly keep?: boolean;
  readonly restore?: boolean;
  readonly keeper?: boolean;
  readonly format: string;
  readonly output?: string;
  readonly quiet?: boolean;
}

/** The windows without the fix stand around those with it, so there is one more. */
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 20;
const LEAST_WINDOW_MS = 2000;
const DIAGNOSIS_MS = 10_000;

const EXPLANATION = `
Windows without and with the fix take turns; what was there before is put back after each, and at
the end, also after Ctrl-C, kill -9, or a restart of the server: a watchdog process holds the old value.
Only settings are tried that leave nothing behind; your own commands, with --apply and --revert, are
taken at your word, and run without a shell.

Exit codes: 0 the fix helps; 3 it makes things slower; 4 cannot tell, or interrupted; 2 refused, nothing
was changed; 1 NOT PUT BACK, the command that does it is printed.`;

export function configure(command: Command, io: Io): void {
  const each = (value: string, before: readonly string[]) => [...before, value];
  addWatchOptions(command, ['how long all windows take together', '35s'])
    .option('--fix <finding>', 'the finding whose fix is tried, as diagnose names it')
    .option('--apply <command>', 'this instead of the fix of the finding; may be repeated', each, [])
    .option('--revert <command>', 'what undoes it, one for each --apply', each, [])
    .option('--rounds <n>', 'how many windows with the fix', '3')
    .option('--report <file>', 'take the finding from this report of diagnose --format json')
    .option('--keep', 'leave the fix on at the end, unless it makes things slower')
    .option('--restore', 'only put back what a run left on that was killed together with its watchdog')
    .option('--format <format>', 'text or json', 'text')
    .option('--output <file>', 'write the result there instead of to standard output')
    .option('--quiet', 'no progress on standard error')
    .addOption(new Option('--keeper').hideHelp())
    .addHelpText('after', EXPLANATION)
    .action((options: Options) => run(options, io));
}

async function run(options: Options, io: Io): Promise<void> {
  if (options.keeper) {
    await keep(process.stdin, (answer) => io.stdout.write(`${JSON.stringify(answer)}\n`), io.signal);
    return;
  }
  if (options.restore) return restore(options, io);
  const watch = watchOf(options, io);
  const rounds = roundsOf(options, watch);
  if (options.format !== 'text' && options.format !== 'json')
    throw new UserError(`verify prints text or json, not "${options.format}".`);
  checkOutput(options.output);
  const own = options.apply.length + options.revert.length > 0;
  const change = own ? planOfCommands(options.apply, options.revert) : undefined;
  if (options.fix === undefined && !own)
    throw new UserError('say what to try: --fix FINDING, as diagnose names it, or --apply with --revert.');
  if (options.fix !== undefined && !RULES.some(({ id }) => id === options.fix))
    throw new UserError(`there is no finding "${options.fix}"; perfcase list causes names them.`);
  const report = options.report === undefined ? undefined : readReport(options.report);
  const target = await watch.find();
  const progress = progressOf(options, io);
  const root = verifyRoot(io.env);
  for (const { text, isBack, byHand = [] } of await restoreLeftovers(
    root,
    watch.self,
    passwordOf(options, io),
  )) {
    progress(text);
    if (!isBack) throw new UserError(`${text}. By hand: ${byHand.join('; ')}`, EXIT.failure);
  }
  const busy = runAt(root, target.pid);
  if (busy)
    throw new UserError(
      `another verify is at work on ${target.comm} (pid ${target.pid}). Nothing was changed.`,
    );
  const stateFile = await stateFileFor(root, target.pid, target.startTicks);
  const finding = await findingOf(options, report, target, watch, io);
  const order = await orderOf(
    change ?? planOfFix(finding!.id, finding!.fix?.command),
    target,
    watch,
    stateFile,
    io,
  );
  if (io.signal.aborted) throw interrupted();
  const result = await verify({
    ...{ target, order, watch, rounds, progress },
    windowMs: watch.durationMs / (2 * rounds + 1),
    keep: options.keep === true,
    ...(finding?.prediction ? { prediction: finding.prediction } : {}),
  });
  const what = { target, result, ...(finding ? { finding } : {}) };
  const text = options.format === 'json' ? verificationJson(what) : renderVerification(what);
  await writeReport(text, options.output, io);
  io.exitCode = exitCodeOf(result);
  if (result.end.kind === 'failed')
    throw new UserError(`${result.end.text}. By hand: ${(result.end.byHand ?? []).join('; ')}`, EXIT.failure);
}

const passwordOf = (options: Options, io: Io) => {
  const { password } = accessOf(options, io.env);
  return password === undefined ? {} : { password };
};

async function restore(options: Options, io: Io): Promise<void> {
  const self: [string, ...string[]] = [process.execPath, ...process.execArgv, process.argv[1]!];
  const done = await restoreLeftovers(verifyRoot(io.env), self, passwordOf(options, io));
  for (const { text, byHand = [] } of done) {
    io.stdout.write(`${text}\n`);
    for (const line of byHand) io.stdout.write(`  by hand: ${line}\n`);
  }
  if (done.length === 0) io.stdout.write('nothing to put back\n');
  if (done.some(({ isBack }) => !isBack)) io.exitCode = EXIT.failure;
}

function roundsOf(options: Options, watch: Watch): number {
  const rounds = numberOption('--rounds', options.rounds, MOST_ROUNDS, LEAST_ROUNDS);
  const windows = 2 * rounds + 1;
  if (watch.durationMs / windows < LEAST_WINDOW_MS) {
    throw new UserError(
      `--duration ${options.duration}: ${windows} windows need ${(windows * LEAST_WINDOW_MS) / 1000}s at least. Nothing was changed.`,
    );
  }
  return rounds;
}

function readReport(path: string): Report {
  try {
    const report = JSON.parse(readSmallFile(path)) as Report;
    if (report.schema === 'perfcase.report/1' && Array.isArray(report.findings)) return report;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw new UserError(`--report ${path} cannot be read (${code}).`);
  }
  throw new UserError(`--report ${path} is no report of perfcase diagnose --format json.`);
}

/** The finding whose fix is tried; undefined with --apply alone. @throws UserError when it does not stand */
async function findingOf(
  options: Options,
  given: Report | undefined,
  target: LiveTarget,
  watch: Watch,
  io: Io,
): Promise<Finding | undefined> {
  const { fix } = options;
  if (fix === undefined) return undefined;
  const report = given ?? (await diagnosed(target, watch, progressOf(options, io)));
  const finding = report.findings.find(({ id }) => id === fix);
  if (finding) return finding;
  if (io.signal.aborted) throw interrupted();
  if (!isAlive(target)) throw new UserError(`${target.comm} (pid ${target.pid}) ended.`, EXIT.inconclusive);
  const why = [...report.ruledOut, ...report.notChecked].find(({ id }) => id === fix)?.because;
  throw new UserError(
    `${fix} was not found${why === undefined ? '' : ` (${why})`}, so there is nothing to try. Nothing was changed.`,
    EXIT.inconclusive,
  );
}

const interrupted = () => new UserError('interrupted; nothing was changed.', EXIT.inconclusive);

async function diagnosed(
  target: LiveTarget,
  watch: Watch,
  progress: (line: string) => void,
): Promise<Report> {
  const capture = await captureLive(target, {
    ...watch,
    durationMs: DIAGNOSIS_MS,
    progress,
  });
  return diagnose(assemble(capture, { redact: true }).facts, summaryOf(capture));
}

async function orderOf(
  change: Change,
  target: LiveTarget,
  watch: Watch,
  stateFile: string,
  io: Io,
): Promise<Order> {
  const { pid, comm, startTicks } = target;
  const order: Order = {
    ...{ change, stateFile },
    target: { pid, comm, ...(startTicks === undefined ? {} : { startTicks }) },
  };
  if (change.kind === 'commands') {
    return watch.server.password === undefined
      ? order
      : { ...order, server: { password: watch.server.password } };
  }
  const answer = await askServer(target, watch.server, watch.self, io.signal);
  if (io.signal.aborted) throw interrupted();
  if (!answer.at)
    throw new UserError(
      `its settings cannot be changed: ${answer.missing ?? 'it did not answer'}. Nothing was changed.`,
    );
  const elsewhere = target.netns !== undefined && target.netns !== networkNamespace('self');
  return { ...order, server: answer.at, ...(elsewhere ? { elsewhere: true } : {}) };
}

function exitCodeOf({ outcome, end, stopped }: Verification): ExitCode {
  if (end.kind === 'failed') return EXIT.failure;
  if (stopped) return stopped.refused ? EXIT.usage : EXIT.inconclusive;
  switch (outcome.verdict) {
    case 'better':
      return EXIT.ok;
    case 'worse':
      return EXIT.found;
    case 'cannot-tell':
      return EXIT.inconclusive;
  }
}
