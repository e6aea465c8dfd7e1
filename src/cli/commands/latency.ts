import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, UserError } from '../../core/errors.ts';
import { parseDuration } from '../../core/units.ts';
import { analyseLatency } from '../../kvserver/latency/doctor.ts';
import { seriesOf } from '../../kvserver/latency/monitor.ts';
import { type LatencyReading, readLatency } from '../../probes/redis/latency.ts';
import type { Io } from '../command.ts';
import {
  type LatencyFormat,
  renderDoctor,
  renderGraph,
  renderHistory,
  renderLatest,
  renderNothing,
} from '../latency/render.ts';
import { accessOf, addServerFlags, type ServerFlags } from '../server-flags.ts';

interface Flags extends ServerFlags {
  readonly host: string;
  readonly port: number;
  readonly socket?: string;
  readonly timeout: number;
  readonly format: LatencyFormat;
  readonly ascii?: boolean;
}

/** Events that a server of the family may note. Source: the documentation of the latency monitoring framework. */
const EVENTS: ReadonlySet<string> = new Set(
  (
    'command fast-command fork rdb-unlink-temp-file aof-fsync-always aof-write aof-write-pending-fsync ' +
    'aof-write-active-child aof-write-alone aof-fstat aof-rename aof-rewrite-diff-write active-defrag-cycle ' +
    'expire-cycle expire-del eviction-cycle eviction-del command-unblocking while-blocked-cron ' +
    'module-acquire-GIL active-expire-cycle'
  ).split(' '),
);

const EXPLANATION = `
What a server's own latency monitor has noted: everything that took at least
latency-monitor-threshold milliseconds, by event, the worst of each second, the last 160 of them.
The monitor is off by default (threshold 0). perfcase only reads; to switch it on, send the server
  CONFIG SET latency-monitor-threshold 100
Works on redis-server, valkey-server, and the bundled server.

Exit codes: 0 it was read; 2 bad input: no server there, a password missing, an event that no
server has; 4 the monitor is off and nothing is on record, so that nothing can be said.`;

/** `perfcase latency`: a server's latency monitor, for people. */
export function configure(command: Command, io: Io): void {
  command.addHelpText('after', EXPLANATION);
  sub(command, 'latest', 'the latest and the worst spike of each event').action(async (flags: Flags) => {
    const reading = await read(flags, io);
    finish(io, reading, renderLatest(reading, flags.format));
  });
  sub(command, 'history', 'the spikes of an event')
    .argument('<event>', 'as `latency latest` names it')
    .action(async (event: string, flags: Flags) => {
      const reading = await read(flags, io);
      const series = findSeries(reading, event);
      finish(
        io,
        reading,
        series ? renderHistory(reading, series, flags.format) : renderNothing(reading, event, flags.format),
      );
    });
  sub(command, 'graph', 'the spikes of an event, drawn over time')
    .argument('<event>', 'as `latency latest` names it')
    .option('--ascii', 'draw with ASCII characters; the default where the locale is not UTF-8')
    .action(async (event: string, flags: Flags) => {
      const reading = await read(flags, io);
      const series = findSeries(reading, event);
      const ascii = flags.ascii ?? !isUtf8(io.env);
      finish(
        io,
        reading,
        series
          ? renderGraph(reading, series, flags.format, ascii)
          : renderNothing(reading, event, flags.format),
      );
    });
  sub(command, 'doctor', 'what the spikes mean and what to do about them').action(async (flags: Flags) => {
    const reading = await read(flags, io);
    const events = new Map(
      reading.series.map((one) => [one.event, seriesOf(one.spikes, one.worstEverMs)] as const),
    );
    // Where the server does not tell its threshold, what it has noted shows that it was on.
    const analysis = analyseLatency(events, reading.thresholdMs ?? 1, reading.nowSeconds);
    finish(io, reading, renderDoctor(reading, analysis, flags.format));
  });
}

function sub(command: Command, name: string, summary: string): Command {
  const made = command.command(name).description(summary).exitOverride();
  made
    .addOption(new Option('--host <name>', "the server's address").default('127.0.0.1', '127.0.0.1'))
    .option('--port <n>', "the server's port", readPort, 6379)
    .option('--socket <path>', 'its unix socket, in place of host and port')
    .addOption(
      new Option('--timeout <time>', 'how long to wait for its answers')
        .argParser(parseDuration)
        .default(5000, '5s'),
    )
    .addOption(
      new Option('--format <name>', 'text, json or markdown').argParser(readFormat).default('text', 'text'),
    );
  return addServerFlags(made).addHelpText('after', EXPLANATION);
}

async function read(flags: Flags, io: Io): Promise<LatencyReading> {
  const outcome = await readLatency({
    ...(flags.socket === undefined ? { host: flags.host, port: flags.port } : { socketPath: flags.socket }),
    timeoutMs: flags.timeout,
    signal: io.signal,
    ...accessOf(flags, io.env),
  });
  if (outcome.status === 'read') return outcome.reading;
  const interrupted = outcome.status === 'cancelled' || outcome.status === 'timed-out';
  throw new UserError(`latency: ${outcome.reason}.`, interrupted ? EXIT.inconclusive : EXIT.usage);
}

/** @returns undefined when nothing was noted of it @throws UserError when there is no such event */
function findSeries(reading: LatencyReading, event: string) {
  const found = reading.series.find((one) => one.event === event);
  if (found || EVENTS.has(event)) return found;
  const noted = reading.series.map((one) => one.event);
  const known = noted.length > 0 ? noted : [...EVENTS].slice(0, 4);
  throw new UserError(
    `latency: there is no event "${event}"; ${noted.length > 0 ? 'on record are' : 'there are'} ${known.join(', ')}${noted.length > 0 ? '' : ' …'}.`,
  );
}

function finish(io: Io, reading: LatencyReading, text: string): void {
  io.stdout.write(text);
  const blind = reading.thresholdMs === 0 && reading.series.length === 0;
  io.exitCode = blind ? EXIT.inconclusive : EXIT.ok;
}

function isUtf8(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}

function readFormat(text: string): LatencyFormat {
  const format = (['text', 'json', 'markdown'] as const).find((name) => name === text);
  if (format) return format;
  throw new InvalidArgumentError('Formats are text, json and markdown.');
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 1 to 65535.');
}
