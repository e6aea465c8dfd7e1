import type { Command } from 'commander';
import type { ExitCode } from '../core/errors.ts';

/** What a command may touch of the outside: it prints here, stops on this signal, and returns its exit code. */
export interface Io {
  /** The report. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress and errors. */
  readonly stderr: NodeJS.WritableStream;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Set by a command's action. */
  exitCode: ExitCode;
}

/** A file in src/cli/commands/: adds options and the action to a commander command that has name and summary. */
export interface CommandModule {
  configure(command: Command, io: Io): void;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly summary: string;
  /** Not shown by --help: perfcase calls it, not a person. */
  readonly hidden?: true;
  readonly load: () => Promise<CommandModule>;
}
