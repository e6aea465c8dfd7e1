import type { Command } from 'commander';
import { diagnose } from '../../analyzers/engine.ts';
import { assemble } from '../../capture/assemble.ts';
import { captureLive } from '../../capture/live.ts';
import { MAX_OVERHEAD } from '../../capture/overhead.ts';
import { summaryOf } from '../../capture/raw-capture.ts';
import { findTarget, type TargetRequest } from '../../capture/target.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { formatShare, parseDuration } from '../../core/units.ts';
import type { ServerAddress } from '../../probes/redis.ts';
import { TRACER_CHOICES } from '../../tracers/ladder.ts';
import type { Io } from '../command.ts';
import { MAX_OVERHEAD_HELP, maxOverheadOf } from '../max-overhead.ts';
import { makeRawFolder, writeRaw } from '../raw-folder.ts';
import {
  addReportOptions,
  numberOption,
  printReport,
  progressOf,
  type ReportOptions,
  reportSettings,
} from '../report-output.ts';
import { accessOf, addServerFlags, type ServerFlags } from '../server-flags.ts';

interface Options extends ReportOptions, ServerFlags {
  readonly pid?: string;
  readonly container?: string;
  readonly port?: string;
  readonly duration: string;
  readonly tracer: string;
  readonly maxOverhead: string;
  readonly clients: boolean;
  readonly keepRaw?: string;
  readonly serverHost?: string;
  readonly serverPort?: string;
  readonly serverSocket?: string;
}

const LONGEST_MS = 10 * 60_000;
const CHOICES = [...TRACER_CHOICES, 'none'] as const;

export function configure(command: Command, io: Io): void {
  const watch = addServerFlags(
    command
      .option('--pid <n>', 'the process to watch')
      .option('--container <name>', 'the server in this container (docker or podman)')
      .option('--port <n>', 'the process that listens on this TCP port')
      .option('--duration <time>', 'how long to watch: 2s to 10m', '10s')
      .option('--tracer <name>', `${CHOICES.join(', ')}; none attaches nothing and says less`, 'auto')
      .option('--max-overhead <share>', MAX_OVERHEAD_HELP, formatShare(MAX_OVERHEAD).replace(' ', ''))
      .option('--keep-raw <folder>', 'keep what the tools printed, unredacted, in a new folder')
      .option('--no-clients', 'do not watch the client process too')
      .option('--server-host <host>', 'where the server answers, if not where it listens')
      .option('--server-port <n>', 'its port, if it is not of the Redis family by its name')
      .option('--server-socket <path>', 'its Unix socket'),
  );
  addReportOptions(watch).action(async (options: Options) => run(options, io));
}

async function run(options: Options, io: Io): Promise<void> {
  reportSettings(options);
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
  if (options.keepRaw !== undefined) makeRawFolder(options.keepRaw);
  const progress = progressOf(options, io);
  const server = serverAddress(options, io);
  const target = await findTarget(targetRequest(options), io.signal);
  const capture = await captureLive(target, {
    durationMs,
    tracer,
    maxOverhead,
    clients: options.clients,
    server,
    self: [process.execPath, ...process.execArgv, process.argv[1]!] as [string, ...string[]],
    signal: io.signal,
    progress,
  });
  if (io.signal.aborted) {
    throw new UserError(
      `interrupted (${String(io.signal.reason)}); ${target.comm} (pid ${target.pid}) runs on untraced, and nothing was diagnosed.`,
      EXIT.inconclusive,
    );
  }
  if (capture.ended) progress(`${target.comm} (pid ${target.pid}) ended while it was watched`);
  if (capture.straceMissing !== undefined && tracer !== 'none') progress(capture.straceMissing);
  if (capture.configMissing !== undefined) progress(`its settings were not read: ${capture.configMissing}`);
  if (options.keepRaw !== undefined) {
    await writeRaw(options.keepRaw, capture);
    progress(`what the tools printed is in ${options.keepRaw}; it holds keys and values of others`);
  }
  const { facts } = assemble(capture, { redact: options.redact });
  const report = diagnose(facts, summaryOf(capture));
  await printReport(report, options, io);
}

function targetRequest(options: Options): TargetRequest {
  return {
    ...(options.pid === undefined ? {} : { pid: numberOption('--pid', options.pid, 2 ** 22) }),
    ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.port === undefined ? {} : { port: numberOption('--port', options.port, 65_535) }),
  };
}

function serverAddress(options: Options, io: Io): ServerAddress {
  const { serverHost, serverPort, serverSocket } = options;
  return {
    ...(serverHost === undefined ? {} : { host: serverHost }),
    ...(serverPort === undefined ? {} : { port: numberOption('--server-port', serverPort, 65_535) }),
    ...(serverSocket === undefined ? {} : { socketPath: serverSocket }),
    ...accessOf(options, io.env),
  };
}
