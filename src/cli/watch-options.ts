import type { Command } from 'commander';
import type { LiveOptions } from '../capture/live.ts';
import { MAX_OVERHEAD } from '../capture/overhead.ts';
import { findTarget, type LiveTarget, type TargetRequest } from '../capture/target.ts';
import { UserError } from '../core/errors.ts';
import { formatShare, parseDuration } from '../core/units.ts';
import type { ServerAddress } from '../probes/redis.ts';
import { TRACER_CHOICES } from '../tracers/ladder.ts';
import type { Io } from './command.ts';
import { MAX_OVERHEAD_HELP, maxOverheadOf } from './max-overhead.ts';
import { numberOption } from './report-output.ts';
import { accessOf, addServerFlags, type ServerFlags } from './server-flags.ts';

/** Options of the commands that watch a live process. */
export interface WatchOptions extends ServerFlags {
  readonly pid?: string;
  readonly container?: string;
  readonly port?: string;
  readonly duration: string;
  readonly tracer: string;
  readonly maxOverhead: string;
  readonly clients: boolean;
  readonly serverHost?: string;
  readonly serverPort?: string;
  readonly serverSocket?: string;
}

const LONGEST_MS = 10 * 60_000;
const CHOICES = [...TRACER_CHOICES, 'none'] as const;

/** @param duration what --duration is to this command, and its default */
export function addWatchOptions(
  command: Command,
  duration: readonly [help: string, byDefault: string] = ['how long to watch: 2s to 10m', '10s'],
): Command {
  return addServerFlags(
    command
      .option('--pid <n>', 'the process to watch')
      .option('--container <name>', 'the server in this container (docker or podman)')
      .option('--port <n>', 'the process that listens on this TCP port')
      .option('--duration <time>', ...duration)
      .option('--tracer <name>', `${CHOICES.join(', ')}; none attaches nothing and says less`, 'auto')
      .option('--max-overhead <share>', MAX_OVERHEAD_HELP, formatShare(MAX_OVERHEAD).replace(' ', ''))
      .option('--no-clients', 'do not watch the client process too')
      .option('--server-host <host>', 'where the server answers, if not where it listens')
      .option('--server-port <n>', 'its port, if it is not of the Redis family by its name')
      .option('--server-socket <path>', 'its Unix socket'),
  );
}

/** What to watch and how. */
export interface Watch extends Omit<LiveOptions, 'progress' | 'onUndisturbed'> {
  /** @throws UserError when there is no such process, or it cannot be watched */
  find(): Promise<LiveTarget>;
}

/** Checks the options; nothing is looked at yet. @throws UserError */
export function watchOf(options: WatchOptions, io: Io): Watch {
  const durationMs = parseDuration(options.duration);
  if (durationMs < 2000 || durationMs > LONGEST_MS) {
    throw new UserError(
      `--duration ${options.duration}: watch for 2s to 10m; shorter windows prove nothing.`,
    );
  }
  const tracer = CHOICES.find((name) => name === options.tracer);
  if (!tracer)
    throw new UserError(`there is no tracer "${options.tracer}"; known are ${CHOICES.join(', ')}.`);
  const maxOverhead = maxOverheadOf(options);
  return {
    ...{ durationMs, tracer, maxOverhead },
    clients: options.clients,
    server: serverAddress(options, io),
    self: [process.execPath, ...process.execArgv, process.argv[1]!],
    signal: io.signal,
    find: () => findTarget(targetRequest(options), io.signal),
  };
}

function targetRequest(options: WatchOptions): TargetRequest {
  return {
    ...(options.pid === undefined ? {} : { pid: numberOption('--pid', options.pid, 2 ** 22) }),
    ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.port === undefined ? {} : { port: numberOption('--port', options.port, 65_535) }),
  };
}

function serverAddress(options: WatchOptions, io: Io): ServerAddress {
  const { serverHost, serverPort, serverSocket } = options;
  return {
    ...(serverHost === undefined ? {} : { host: serverHost }),
    ...(serverPort === undefined ? {} : { port: numberOption('--server-port', serverPort, 65_535) }),
    ...(serverSocket === undefined ? {} : { socketPath: serverSocket }),
    ...accessOf(options, io.env),
  };
}
