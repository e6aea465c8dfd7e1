import type { CaptureOutcome, CommandSpec, Probe } from '../core/capture.ts';
import { inNetns } from './nsenter.ts';
import { GRACE_MS, type ProbeRun } from './options.ts';
import {
  captureServer,
  type ServerAddress,
  type ServerCapture,
  type ServerRequest,
} from './redis/capture.ts';
import { SERVER_FAILURES, type ServerFailure } from './redis/failures.ts';
import { parseServer, type ServerObservation } from './redis/transcript.ts';

export type { ServerAddress, ServerCapture, ServerFailure, ServerObservation, ServerRequest };
export { captureServer, parseServer };

/** The server's configuration and INFO. Without arguments perfcase asks itself, by captureServer. */
export const redisProbe: Probe<ServerObservation, ProbeRun> = {
  name: 'redis',
  summary: 'a Redis-family server: its INFO, its settings, its clients',
  debianPackage: 'redis-tools',
  command: (run) => ({
    file: 'redis-cli',
    args: run.args ?? ['-p', String(run.port ?? 6379), 'INFO', 'all'],
    timeoutMs: run.timeoutMs ?? GRACE_MS,
    debianPackage: 'redis-tools',
  }),
  parse: parseServer,
};

/**
 * The command that asks the server from inside the network namespace of `pid`: Node cannot enter one, so perfcase
 * calls itself through nsenter. The password goes through the environment.
 * @param self how this CLI is called, for example [process.execPath, "/usr/lib/perfcase/dist/perfcase.js"]
 */
export function serverSpec(
  self: readonly [string, ...string[]],
  request: ServerRequest,
  pid?: number,
): CommandSpec {
  const { host, port, socketPath, user, password, tls, clients, timeoutMs } = request;
  const option = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [name, String(value)];
  const spec: CommandSpec = {
    file: self[0],
    args: [
      ...self.slice(1),
      ...['probe', 'redis', '--raw', '--timeout', `${timeoutMs}ms`],
      ...option('--host', host),
      ...option('--port', port),
      ...option('--socket', socketPath),
      ...option('--user', user),
      ...(tls ? ['--tls'] : []),
      ...option('--cacert', tls?.caFile),
      ...option('--cert', tls?.certFile),
      ...option('--key', tls?.keyFile),
      ...(tls?.insecure ? ['--insecure'] : []),
      ...(clients ? ['--clients'] : []),
    ],
    // The child ends itself first and says why; starting Node comes on top.
    timeoutMs: timeoutMs + GRACE_MS,
    // An empty password is none, and keeps the caller's own variable from deciding.
    env: { REDISCLI_AUTH: password ?? '' },
  };
  return pid === undefined ? spec : inNetns(spec, pid);
}

/** What such a child came to: its own typed failure where it wrote one, else the outcome of running it. */
export function serverCapture(outcome: CaptureOutcome): ServerCapture {
  const text = outcome.stdout;
  const said = /^! ([a-z-]+): (.*)$/m.exec(text);
  const status = SERVER_FAILURES.find((failure) => failure === said?.[1]);
  if (status) return { status, text, reason: said![2]! };
  if (outcome.status === 'captured') {
    const refusals = [...text.matchAll(/^> (.*)\n\(error\) (.*)$/gm)].map(
      (match) => `${match[1]}: ${match[2]}`,
    );
    return { status: 'captured', text, refusals };
  }
  const failure =
    outcome.status === 'timed-out' || outcome.status === 'cancelled' ? outcome.status : 'failed';
  return { status: failure, text, reason: outcome.reason ?? 'the server could not be asked' };
}
