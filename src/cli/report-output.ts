import { accessSync, constants, existsSync } from 'node:fs';
import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { exitCodeOf } from '../analyzers/engine.ts';
import { RULES } from '../analyzers/rules/index.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { type Report, SEVERITIES, type Severity } from '../core/finding.ts';
import { FORMAT_NAMES, FORMATS, type Format } from '../report/index.ts';
import { printable } from '../report/printable.ts';
import type { Io } from './command.ts';
import { openFifo } from './fifo.ts';
import { withinColumns } from './help-columns.ts';

/** Options of every command that prints a report. */
export interface ReportOptions {
  readonly format: string;
  readonly output?: string;
  readonly failOn: string;
  readonly redact: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--format <format>', FORMAT_NAMES.join(', '), 'text')
    .option('--output <file>', 'write the report there instead of to standard output')
    .option(
      '--fail-on <severity>',
      'exit with 3 from this severity on: info, warning, critical, never',
      'warning',
    )
    .option('--no-redact', 'show keys and values as they were captured')
    .option('--quiet', 'no progress on standard error')
    .option('--no-color', 'no colours, as with NO_COLOR');
}

export interface ReportSettings {
  readonly format: Format;
  readonly failOn: Severity | 'never';
}

/** Checks the options before any work begins. @throws UserError */
export function reportSettings(options: ReportOptions): ReportSettings {
  const format = FORMAT_NAMES.find((name) => name === options.format);
  if (!format)
    throw new UserError(`there is no format "${options.format}"; known are ${FORMAT_NAMES.join(', ')}.`);
  const failOn = [...SEVERITIES, 'never' as const].find((name) => name === options.failOn);
  if (!failOn)
    throw new UserError(`--fail-on takes info, warning, critical or never, not "${options.failOn}".`);
  checkOutput(options.output);
  return { format, failOn };
}

/** Before any work: the folder must be there and writable. @throws UserError */
export function checkOutput(output: string | undefined): void {
  if (output === undefined) return;
  try {
    accessSync(dirname(output), constants.W_OK);
  } catch (error) {
    // A file of ours in a folder that is not, /dev/stderr …: writing tells.
    if (existsSync(output)) return;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'no such folder' : (code ?? String(error));
    throw new UserError(`--output ${output} cannot be written (${why}); nothing was started.`);
  }
}

/** Prints the report and sets the exit code that belongs to it. */
export async function printReport(report: Report, options: ReportOptions, io: Io): Promise<void> {
  const { format, failOn } = reportSettings(options);
  const questions = new Map(RULES.map(({ id, question }) => [id, question]));
  const text = FORMATS[format](report, {
    ...{ colour: isColoured(options, io), failOn, questions },
    width: columnsOf(io.env),
  });
  await writeReport(text, options.output, io);
  io.exitCode = exitCodeOf(report, failOn);
}

/** Whether what is printed goes to a terminal that wants colours. */
export function isColoured({ color, output }: Pick<ReportOptions, 'color' | 'output'>, io: Io): boolean {
  const isTerminal = 'isTTY' in io.stdout && io.stdout.isTTY === true && output === undefined;
  return color && isTerminal && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

const WIDEST = 80;
/** Narrower, a table has no room for its words. */
const NARROWEST = 40;

/** Columns of a text report: 80, or fewer where COLUMNS says so. */
export function columnsOf({ COLUMNS = '' }: NodeJS.ProcessEnv): number {
  return /^\d+$/.test(COLUMNS) ? Math.max(NARROWEST, Math.min(WIDEST, Number(COLUMNS))) : WIDEST;
}

/** To a file, whole or not at all; else to standard output. @throws UserError when the file cannot be written */
export async function writeReport(text: string, output: string | undefined, io: Io): Promise<void> {
  if (output === undefined) {
    io.stdout.write(text);
    return;
  }
  try {
    await replaceFile(output, text, io.signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = io.signal.aborted ? 'nobody reads from it' : (WHY[code ?? ''] ?? code ?? String(error));
    // What was found must not be lost with the file.
    io.stdout.write(text);
    throw new UserError(
      `${output} cannot be written (${why}); the report stands on standard output instead.`,
      io.signal.aborted ? EXIT.inconclusive : EXIT.usage,
    );
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  ENOENT: 'no such folder',
  EISDIR: 'it is a directory',
  EPIPE: 'its reader has gone',
};

/** Written beside it first, then renamed over it. What is no regular file, as /dev/stderr, is written to directly. */
async function replaceFile(path: string, text: string, signal: AbortSignal): Promise<void> {
  const before = await lstat(path).catch(() => undefined);
  if (before?.isFIFO()) {
    const fifo = await openFifo(path, signal);
    try {
      await fifo.write(text);
    } finally {
      await fifo.close();
    }
    return;
  }
  if (before && !before.isFile()) return writeFile(path, text);
  const fresh = `${path}.${process.pid}.new`;
  try {
    await writeFile(fresh, text, { flag: 'wx', ...(before ? { mode: before.mode & 0o777 } : {}) });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    // A file that is ours to write in a folder that is not.
    if (before && (error as NodeJS.ErrnoException).code === 'EACCES') return writeFile(path, text);
    throw error;
  }
}

/** Progress lines on standard error, unless --quiet. A terminal gets them within its columns, a log a line each. */
export function progressOf(options: Pick<ReportOptions, 'quiet'>, io: Io): (line: string) => void {
  const isTerminal = 'isTTY' in io.stderr && io.stderr.isTTY === true;
  return (line) => {
    if (options.quiet) return;
    const text = `perfcase: ${printable(line)}`;
    io.stderr.write(`${isTerminal ? withinColumns(text) : text}\n`);
  };
}

/** A whole number within limits. @throws UserError */
export function numberOption(flag: string, text: string, largest: number, least = 1): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= largest)) {
    throw new UserError(`${flag} takes a number from ${least} to ${largest}, not "${text}".`);
  }
  return value;
}
