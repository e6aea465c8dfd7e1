import { execa } from 'execa';
import type { CaptureOutcome, CommandSpec } from '../core/capture.ts';

/**
 * Runs a command here, without a shell, with LC_ALL=C and its time limit, and keeps what it printed word for word.
 * Never throws: a failure is an outcome with its reason. The child is ended when perfcase ends or `signal` aborts.
 */
export async function runLocal(command: CommandSpec, signal?: AbortSignal): Promise<CaptureOutcome> {
  const startedAt = Date.now();
  const result = await execa(command.file, [...command.args], {
    // The password is for who asks the server, not for every tool.
    env: { LC_ALL: 'C', REDISCLI_AUTH: undefined, ...command.env },
    ...(command.input === undefined ? { stdin: 'ignore' as const } : { input: command.input }),
    timeout: command.timeoutMs,
    ...(signal ? { cancelSignal: signal } : {}),
    forceKillAfterDelay: 2000,
    stripFinalNewline: false,
    maxBuffer: 256 * 1024 * 1024,
    reject: false,
  });
  const status = statusOf(result);
  const reason = reasonOf(status, command, result.stderr);
  return {
    status,
    command,
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    ...(reason === undefined ? {} : { reason }),
    startedAt,
    endedAt: Date.now(),
  };
}

interface Ended {
  readonly failed: boolean;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  readonly code?: string | undefined;
  readonly stderr?: string | undefined;
}

function statusOf(result: Ended): CaptureOutcome['status'] {
  if (!result.failed) return 'captured';
  if (result.isCanceled) return 'cancelled';
  if (result.timedOut) return 'timed-out';
  if (result.code === 'ENOENT') return 'missing-tool';
  if (result.code === 'EACCES' || /operation not permitted|permission denied/i.test(result.stderr ?? '')) {
    return 'denied';
  }
  return 'failed';
}

function reasonOf(
  status: CaptureOutcome['status'],
  { file: program, title, privilege, debianPackage, timeoutMs }: CommandSpec,
  stderr: string | undefined,
): string | undefined {
  const file = title ?? program;
  const said = (stderr ?? '').trim().split('\n').at(-1)?.trim();
  switch (status) {
    case 'captured':
      return undefined;
    case 'missing-tool':
      return `${file} is not installed${debianPackage ? `; apt-get install ${debianPackage} brings it` : ''}`;
    case 'denied':
      return `${file} was not permitted${said ? ` (${said})` : ''}; it needs ${privilege ?? 'more privileges'}`;
    case 'timed-out':
      return `${file} did not end within ${timeoutMs / 1000} s`;
    case 'cancelled':
      return `${file} was interrupted`;
    case 'failed':
      return `${file} failed${said ? `: ${said}` : ''}`;
  }
}
