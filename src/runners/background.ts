import { execa } from 'execa';
import type { CommandSpec } from '../core/capture.ts';

/** A command that runs until it is told to stop. */
export interface Background {
  readonly pid: number | undefined;
  /** Resolves when it has ended, however; never rejects. */
  readonly ended: Promise<{ readonly exitCode?: number; readonly missing: boolean }>;
  /** Asks it to end; harmless when it has. */
  stop(signal?: NodeJS.Signals): void;
}

/**
 * Starts a command without a shell, with LC_ALL=C; hands on what it prints, on either output, as it comes.
 * @param onError takes what comes on standard error, where the two must not be mixed
 */
export function startBackground(
  command: CommandSpec,
  onOutput: (chunk: Buffer) => void,
  onError: (chunk: Buffer) => void = onOutput,
): Background {
  const child = execa(command.file, [...command.args], {
    // The password is for who asks the server, not for every tool.
    env: { LC_ALL: 'C', REDISCLI_AUTH: undefined, ...command.env },
    stdin: 'ignore',
    buffer: false,
    reject: false,
    timeout: command.timeoutMs,
    killSignal: 'SIGTERM',
    forceKillAfterDelay: 3000,
  });
  child.stdout?.on('data', onOutput);
  child.stderr?.on('data', onError);
  const ended = child.then((result) => ({
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    missing: result.code === 'ENOENT',
  }));
  return {
    pid: child.pid,
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
    },
  };
}
