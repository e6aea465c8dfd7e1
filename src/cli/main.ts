import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode, UserError } from '../core/errors.ts';
import { VERSION } from '../core/version.ts';
import { printable } from '../report/printable.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Io } from './command.ts';
import { withinColumns } from './help-columns.ts';

/**
 * Runs the CLI. Never throws and never ends the process: the exit code is returned.
 * @param onLateFailure is told the exit code of a failure that shows only after the return: output is written behind it
 */
export async function main(
  argv: readonly string[],
  onLateFailure: (code: ExitCode) => void = () => undefined,
): Promise<ExitCode> {
  const abort = new AbortController();
  interrupt = (reason) => abort.abort(reason);
  listen(onLateFailure);
  const io: Io = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: abort.signal,
    exitCode: EXIT.ok,
  };
  try {
    const program = await buildProgram(argv, io);
    await program.parseAsync([...argv], { from: 'user' });
    return outputFailed ? EXIT.failure : io.exitCode;
  } catch (error) {
    return explain(error, io);
  }
}

/** Interrupts the run under way. */
let interrupt: (reason: string) => void = () => undefined;
let isListening = false;
let outputFailed = false;

/** For the rest of the process: a signal that comes behind the report must not turn its exit code into a death. */
function listen(onLateFailure: (code: ExitCode) => void): void {
  if (isListening) return;
  isListening = true;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt(name));
  // `perfcase … | head` closes our output early; that is the reader's right. EIO: the terminal was closed.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO') {
        interrupt(error.code);
        return;
      }
      // A message that nobody can read takes nothing from the report.
      if (stream === process.stderr) return;
      outputFailed = true;
      onLateFailure(EXIT.failure);
      const why = error.code === 'ENOSPC' ? 'the disk is full' : (error.code ?? error.message);
      process.stderr.write(`perfcase: standard output cannot be written (${why}).\n`);
    });
  }
}

async function buildProgram(argv: readonly string[], io: Io): Promise<Command> {
  const program = new Command('perfcase')
    .description('Tells why a server is slow, and shows the evidence.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(withinColumns(text)),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) =>
        write(`perfcase: ${text.replace(/^error: /, '').replace(/\.?\s*$/, '')}; --help shows the usage.\n`),
    })
    .showSuggestionAfterError();
  const wanted = argv.find((word) => !word.startsWith('-'));
  for (const entry of CATALOGUE) {
    const command = program
      .command(entry.name, { hidden: entry.hidden ?? false })
      .description(entry.summary)
      .exitOverride();
    if (entry.name === wanted || (wanted === 'help' && argv.includes(entry.name))) {
      (await entry.load()).configure(command, io);
    }
  }
  return program;
}

/** One line for a person, and the exit code that belongs to it. */
function explain(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has printed its own line; help and version end with 0.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof UserError) {
    io.stderr.write(`perfcase: ${printable(error.message)}\n`);
    return error.exitCode;
  }
  if (io.signal.aborted) {
    io.stderr.write(`perfcase: interrupted (${String(io.signal.reason)}).\n`);
    return EXIT.inconclusive;
  }
  const detail = error instanceof Error ? error.message : String(error);
  io.stderr.write(`perfcase: internal error: ${detail.split('\n', 1)[0]}\n`);
  if (io.env.PERFCASE_DEBUG && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  return EXIT.failure;
}
