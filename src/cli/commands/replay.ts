import type { Command } from 'commander';
import { MAX_OVERHEAD } from '../../capture/overhead.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { formatShare, parseDuration } from '../../core/units.ts';
import { TOPOLOGIES, type TopologyKind } from '../../lab/topology.ts';
import { play, type Replay } from '../../replay/player.ts';
import { DISKS } from '../../replay/stage-disk.ts';
import { loadScenario } from '../../scenario/catalogue.ts';
import { TRACER_CHOICES } from '../../tracers/ladder.ts';
import type { Io } from '../command.ts';
import { MAX_OVERHEAD_HELP, maxOverheadOf } from '../max-overhead.ts';
import { Story } from '../replay/story.ts';
import { checkOutput, numberOption, progressOf, writeReport } from '../report-output.ts';

interface Options {
  readonly server: string;
  readonly keys?: string;
  readonly disk: string;
  readonly topology: string;
  readonly container?: boolean;
  readonly duration: string;
  readonly tracer: string;
  readonly maxOverhead: string;
  readonly format: string;
  readonly output?: string;
  readonly redact: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
}

const CHOICES = [...TRACER_CHOICES, 'none'] as const;
const SERVERS = ['bundled', 'redis'] as const;

export function configure(command: Command, io: Io): void {
  command
    .argument('[scenario]', 'one of perfcase list scenarios', 'redis-slow')
    .option('--server <name>', 'bundled (perfcase kv) or redis (a real redis-server)', 'bundled')
    .option('--keys <n>', "how many keys; 5000 is the case's size, the default plays within a minute")
    .option(
      '--disk <kind>',
      'auto: a slow disk where this machine can make one; hdd: that or an error; none',
      'auto',
    )
    .option(
      '--topology <kind>',
      'local: plain processes; netns: server and application in a network of their own, the client outside; container',
      'local',
    )
    .option('--container', 'the same as --topology container')
    .option('--duration <time>', 'how long the server is watched', '10s')
    .option('--tracer <name>', `${CHOICES.join(', ')}; none attaches nothing and says less`, 'auto')
    .option('--max-overhead <share>', MAX_OVERHEAD_HELP, formatShare(MAX_OVERHEAD).replace(' ', ''))
    .option('--format <format>', 'text or json', 'text')
    .option('--output <file>', 'write the report there')
    .option('--no-redact', 'show keys and values as they were captured')
    .option('--quiet', 'no progress on standard error')
    .option('--no-color', 'no colours, as with NO_COLOR')
    .action(async (id: string, options: Options) => run(id, options, io));
}

async function run(id: string, options: Options, io: Io): Promise<void> {
  const server = SERVERS.find((name) => name === options.server);
  if (!server) throw new UserError(`--server takes bundled or redis, not "${options.server}".`);
  const disk = DISKS.find((name) => name === options.disk);
  if (!disk) throw new UserError(`--disk takes auto, hdd or none, not "${options.disk}".`);
  const topology = topologyOf(options);
  const tracer = CHOICES.find((name) => name === options.tracer);
  if (!tracer) throw new UserError(`--tracer takes ${CHOICES.join(', ')}, not "${options.tracer}".`);
  const maxOverhead = maxOverheadOf(options);
  const isText = options.format === 'text';
  if (!isText && options.format !== 'json')
    throw new UserError(`replay prints text or json, not "${options.format}".`);
  const durationMs = parseDuration(options.duration);
  if (durationMs < 3000 || durationMs > 600_000)
    throw new UserError(`--duration ${options.duration}: watch for 3s to 10m.`);
  checkOutput(options.output);
  const scenario = await loadScenario(id);
  const keys = options.keys === undefined ? scenario.keys : numberOption('--keys', options.keys, 1_000_000);
  const toScreen = options.output === undefined;
  const isTerminal = toScreen && 'isTTY' in io.stdout && io.stdout.isTTY === true;
  const colour = options.color && isTerminal && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
  let text = '';
  const story = isText
    ? new Story(scenario, keys, colour, (part) => {
        if (toScreen) io.stdout.write(part);
        else text += part;
      })
    : undefined;
  const silent = {
    staged: () => undefined,
    filled: () => undefined,
    measured: () => undefined,
    diagnosed: () => undefined,
  };
  let replay: Replay;
  try {
    replay = await play(
      {
        ...{
          scenario,
          keys,
          server,
          disk,
          topology,
          durationMs,
          tracer,
          maxOverhead,
          redact: options.redact,
          signal: io.signal,
        },
        self: [process.execPath, ...process.execArgv, process.argv[1]!] as [string, ...string[]],
        progress: progressOf(options, io),
      },
      story ?? silent,
    );
  } catch (error) {
    if (!io.signal.aborted) throw error;
    throw new UserError(
      `interrupted (${String(io.signal.reason)}); the replay was cleaned up.`,
      EXIT.inconclusive,
    );
  }
  story?.finish(replay);
  if (!isText) text = `${JSON.stringify(toJson(replay), null, 2)}\n`;
  if (!isText || !toScreen) await writeReport(text, options.output, io);
  io.exitCode = replay.notFound.length === 0 ? EXIT.ok : EXIT.inconclusive;
}

function topologyOf({ topology, container }: Options): TopologyKind {
  const kind = container ? 'container' : TOPOLOGIES.find((name) => name === topology);
  if (!kind) throw new UserError(`--topology takes ${TOPOLOGIES.join(', ')}, not "${topology}".`);
  return kind;
}

function toJson(replay: Replay): unknown {
  return {
    schema: 'perfcase.replay/1',
    scenario: replay.scenario.id,
    keys: replay.keys,
    stage: replay.stage,
    fillSeconds: replay.fillSeconds,
    phases: replay.phases.map(({ phase, seconds, samples }) => ({
      ...{ id: phase.id, path: phase.path, seconds, samples },
      ...(phase.caseSeconds === undefined ? {} : { caseSeconds: phase.caseSeconds }),
    })),
    notFound: replay.notFound,
    report: replay.report,
  };
}
