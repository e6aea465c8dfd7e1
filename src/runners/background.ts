import { execa } from 'execa';
import type { CommandSpec } from '../core/capture.ts';

/** A command that runs until it is told to stop. */
export interface Background {
  readonly pid: number | undefined;
  /** Resolves when it has ended, however; never rejects. */
  readonly ended: Promise<{ readonly exitCode?: number; readonly stderr: string; readonly missing: boolean }>;
  /** Asks it to end; harmless when it has. */
  stop(signal?: NodeJS.Signals): void;
}

/** Starts a command without a shell, with LC_ALL=C; hands on its standard output as it comes. */
export function startBackground(command: CommandSpec, onOutput: (chunk: Buffer) => void): Background {
  const child = execa(command.file, [...command.args], {
    env: { LC_ALL: 'C', ...command.env },
    stdin: 'ignore',
    buffer: { stdout: false },
    maxBuffer: 1024 * 1024,
    reject: false,
    timeout: command.timeoutMs,
    killSignal: 'SIGTERM',
    forceKillAfterDelay: 3000,
  });
  child.stdout?.on('data', onOutput);
  const ended = child.then((result) => ({
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    stderr: typeof result.stderr === 'string' ? result.stderr : '',
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
