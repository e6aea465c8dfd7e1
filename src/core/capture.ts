/** What a probe asks for, what came back, and what a parser made of it. Plain data; nothing here does I/O. */

/** A command as data: never a shell string. */
export interface CommandSpec {
  /** Program name, looked up on PATH. */
  readonly file: string;
  readonly args: readonly string[];
  /** What messages call it, where `file` only starts the real one. */
  readonly title?: string;
  /** The command is ended after this many milliseconds. */
  readonly timeoutMs: number;
  /** What the command needs beyond being installed, in words for a person, e.g. "root or the target's user". */
  readonly privilege?: string;
  /** Distribution package that brings the program, for advice when it is missing. */
  readonly debianPackage?: string;
  /** For standard input. Never printed. */
  readonly input?: string | Uint8Array;
  /** Extra environment; LC_ALL=C is always set. Never printed. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How running a command ended. A failure has the same shape as a success plus its reason. */
export interface CaptureOutcome {
  readonly status: 'captured' | 'missing-tool' | 'denied' | 'timed-out' | 'failed' | 'cancelled';
  readonly command: CommandSpec;
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode?: number;
  /** One line: what failed, on what, what to try. Absent when captured. */
  readonly reason?: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Something in the input that could not be read. Lines count from 1. */
export interface Problem {
  readonly line: number;
  readonly text: string;
  readonly reason: string;
}

/** What a parser returns: everything it understood, and everything it did not. */
export interface Parsed<T> {
  readonly items: T[];
  readonly problems: Problem[];
}

/**
 * A probe: one tool, the commands that run it, the parser of what it prints.
 * `parse` is pure and synchronous, takes the tool's text as it was printed, and never throws.
 */
export interface Probe<T, O = Record<string, never>> {
  readonly name: string;
  /** One line for `perfcase list probes`. */
  readonly summary: string;
  readonly debianPackage?: string;
  /** The command that `perfcase probe NAME -- ARGS` runs when ARGS are given as they are. */
  command(options: O): CommandSpec;
  parse(text: string): Parsed<T>;
}
