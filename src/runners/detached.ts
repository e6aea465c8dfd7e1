import { closeSync, openSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import type { CommandSpec } from '../core/capture.ts';

/** A command that goes on when perfcase ends, and that Ctrl-C in our terminal does not reach. */
export interface Detached {
  /** Absent when it could not be started. */
  readonly pid?: number;
  /** Its standard input, with `watchUs`. */
  readonly input?: Writable;
  /** Its standard output, with `answers`. */
  readonly output?: Readable;
  /** Resolves with a reason in words when it has ended, or when it could not be started; never rejects. */
  readonly ended: Promise<string>;
}

/**
 * Starts a command in a session of its own, without a shell and with LC_ALL=C. What it
 * prints on standard error goes to `logFile`.
 * `timeoutMs` does not apply: whoever starts it ends it, by pid.
 * With `answers` its standard output is a pipe too.
 * With `watchUs` its standard input is a pipe whose other end is ours: it reads the end of file when we are gone.
 */
export function startDetached(
  command: CommandSpec,
  options: { readonly logFile?: string; readonly watchUs?: boolean; readonly answers?: boolean } = {},
): Detached {
  // The child gets the file itself: what goes through us would end with us.
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a', 0o600);
  // execa takes every descriptor; its types name the first ten.
  const errors = log === undefined ? 'ignore' : (log as 3);
  const child = execa(command.file, [...command.args], {
    env: { LC_ALL: 'C', ...command.env },
    stdio: [options.watchUs ? 'pipe' : 'ignore', options.answers ? 'pipe' : 'ignore', errors],
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
  });
  if (log !== undefined) closeSync(log);
  // Neither the child nor the pipes to it keep perfcase alive.
  child.unref();
  const { stdin: input, stdout: output } = child;
  for (const pipe of [input, output]) {
    if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
    pipe?.on('error', () => undefined);
  }
  const ended = child.then((result) => {
    if (result.code === 'ENOENT') return `${command.file} is not installed`;
    return result.signal === undefined
      ? `${command.file} ended with exit code ${result.exitCode ?? 'unknown'}`
      : `${command.file} was ended by ${result.signal}`;
  });
  return {
    ...(child.pid === undefined ? {} : { pid: child.pid }),
    ...(input ? { input } : {}),
    ...(output ? { output } : {}),
    ended,
  };
}
