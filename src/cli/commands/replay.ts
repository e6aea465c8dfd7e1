import type { Command } from 'commander';
import { MAX_OVERHEAD } from '../../capture/overhead.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { formatShare, parseDuration } from '../../core/units.ts';
import { slowDiskSupport } from '../../lab/slow-disk-support.ts';
import { TOPOLOGIES, type TopologyKind } from '../../lab/topology.ts';
import { play, type Replay } from '../../replay/player.ts';
import { predictions } from '../../replay/predicted.ts';
import { DISKS } from '../../replay/stage-disk.ts';
import { renderReplayHtml } from '../../report/html/replay.ts';
import { loadScenario } from '../../scenario/catalogue.ts';
import { type Check, checkPlay, type Played } from '../../scenario/check.ts';
import { SERVERS, withoutFaults } from '../../scenario/scenario.ts';
import { TRACER_CHOICES } from '../../tracers/ladder.ts';
import type { Io } from '../command.ts';
import { MAX_OVERHEAD_HELP, maxOverheadOf } from '../max-overhead.ts';
import { checksJunit, checksText } from '../replay/checks.ts';
import { pictureOf } from '../replay/picture.ts';
import { Story } from '../replay/story.ts';
import { checkOutput, isColoured, numberOption, progressOf, writeReport } from '../report-output.ts';

interface Options {
  readonly server: string;
  readonly keys?: string;
  readonly seed: string;
  readonly disk: string;
  readonly folder?: string;
  readonly topology: string;
  readonly container?: boolean;
  readonly duration: string;
  readonly withoutFault?: boolean;
  readonly check?: boolean;
  readonly tracer: string;
  readonly maxOverhead: string;
  readonly format: string;
  readonly output?: string;
  readonly redact: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
}

const CHOICES = [...TRACER_CHOICES, 'none'] as const;

export function configure(command: Command, io: Io): void {
  command
    .argument('[scenario]', 'one of perfcase list scenarios, or the path of a scenario.yaml', 'redis-slow')
    .option('--check', 'hold the play against what the scenario expects; exit code 3 when something differs')
    .option('--without-fault', 'play it healthy; --check must fail then')
    .option('--server <name>', 'bundled (perfcase kv) or redis (a real redis-server)')
    .option('--keys <n>', "how many keys; 5000 is the case's size, the default plays within a minute")
    .option('--seed <n>', "draws the scenario's sizes, rates and names", '1')
    .option(
      '--disk <kind>',
      'auto: a slow disk where this machine can make one; hdd: that or an error; none',
      'auto',
    )
    .option('--folder <path>', 'put the data below this folder, on whatever disk it lies')
    .option(
      '--topology <kind>',
      'local: plain processes; netns: server and application in a network of their own, the client outside; container',
      'local',
    )
    .option('--container', 'the same as --topology container')
    .option('--duration <time>', 'how long the server is watched', '10s')
    .option('--tracer <name>', `${CHOICES.join(', ')}; none attaches nothing and says less`, 'auto')
    .option('--max-overhead <share>', MAX_OVERHEAD_HELP, formatShare(MAX_OVERHEAD).replace(' ', ''))
    .option('--format <format>', 'text, json or html; junit with --check', 'text')
    .option('--output <file>', 'write the report there')
    .option('--no-redact', 'show keys and values as they were captured')
    .option('--quiet', 'no progress on standard error')
    .option('--no-color', 'no colours, as with NO_COLOR')
    .action(async (id: string, options: Options) => run(id, options, io));
}

async function run(id: string, options: Options, io: Io): Promise<void> {
  const wished = options.server && SERVERS.find((name) => name === options.server);
  if (options.server !== undefined && !wished)
    throw new UserError(`--server takes bundled or redis, not "${options.server}".`);
  const disk = DISKS.find((name) => name === options.disk);
  if (!disk) throw new UserError(`--disk takes auto, hdd or none, not "${options.disk}".`);
  if (disk === 'hdd' && options.folder !== undefined)
    throw new UserError('--disk hdd makes a disk of its own, and --folder uses one that is there; give one.');
  const topology = topologyOf(options);
  const tracer = CHOICES.find((name) => name === options.tracer);
  if (!tracer) throw new UserError(`--tracer takes ${CHOICES.join(', ')}, not "${options.tracer}".`);
  const maxOverhead = maxOverheadOf(options);
  const { format, check = false } = options;
  if (format !== 'text' && format !== 'json' && format !== 'html' && !(check && format === 'junit')) {
    const also = format === 'junit' ? '; junit needs --check' : '';
    throw new UserError(`replay prints text, json or html, not "${format}"${also}.`);
  }
  const durationMs = parseDuration(options.duration);
  if (durationMs < 3000 || durationMs > 600_000)
    throw new UserError(`--duration ${options.duration}: watch for 3s to 10m.`);
  checkOutput(options.output);
  const seed = numberOption('--seed', options.seed, 1_000_000, 0);
  const keys = options.keys === undefined ? {} : { keys: numberOption('--keys', options.keys, 1_000_000) };
  const loaded = await loadScenario(id, { seed, fixed: keys });
  if (options.withoutFault && loaded.fault.length === 0)
    throw new UserError(`${loaded.id} is healthy as it is; there is no fault to leave out.`);
  const scenario = options.withoutFault ? withoutFaults(loaded) : loaded;
  const server = wished || scenario.servers[0]!;
  if (!scenario.servers.includes(server))
    throw new UserError(`${scenario.id} is played on ${scenario.servers.join(' or ')}, not on ${server}.`);
  const needsDisk = scenario.fsyncMs !== undefined && options.folder === undefined;
  const slowDisk = slowDiskSupport();
  if (check && needsDisk && disk !== 'none' && !slowDisk.ok)
    throw new UserError(`${scenario.id} cannot be checked here: ${slowDisk.reason}.`, EXIT.inconclusive);
  const toScreen = options.output === undefined;
  const colour = isColoured(options, io);
  let text = '';
  const story =
    format === 'text' && !check
      ? new Story(scenario, colour, (part) => {
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
        ...{ scenario, seed, server, disk, topology, durationMs, tracer, maxOverhead },
        ...(options.folder === undefined ? {} : { folder: options.folder }),
        redact: options.redact,
        signal: io.signal,
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
  const checks = checkPlay(loaded, playedOf(replay));
  story?.finish(replay);
  if (format === 'json') text = `${JSON.stringify(toJson(replay, seed, checks), null, 2)}\n`;
  else if (format === 'html') text = renderReplayHtml(pictureOf(replay));
  else if (check) text = format === 'junit' ? checksJunit(checks, id) : checksText(checks, id, colour);
  if (!story || !toScreen) await writeReport(text, options.output, io);
  const holds = check ? checks.every(({ ok }) => ok) : replay.notFound.length === 0;
  io.exitCode = holds ? EXIT.ok : check ? EXIT.found : EXIT.inconclusive;
}

function topologyOf({ topology, container }: Options): TopologyKind {
  const kind = container ? 'container' : TOPOLOGIES.find((name) => name === topology);
  if (container && topology !== 'local' && topology !== 'container')
    throw new UserError(`--container and --topology ${topology} exclude each other; give one.`);
  if (!kind) throw new UserError(`--topology takes ${TOPOLOGIES.join(', ')}, not "${topology}".`);
  return kind;
}

function playedOf({ report, phases, stage }: Replay): Played {
  return {
    report,
    phases: phases.map(({ phase, seconds }) => ({ id: phase.id, seconds })),
    ...(stage.fsyncMs === undefined ? {} : { fsyncMs: stage.fsyncMs }),
  };
}

function toJson(replay: Replay, seed: number, checks: readonly Check[]): unknown {
  const { keys } = replay.scenario.parameters;
  return {
    schema: 'perfcase.replay/1',
    scenario: replay.scenario.id,
    kind: replay.scenario.kind,
    seed,
    parameters: replay.scenario.parameters,
    ...(keys === undefined ? {} : { keys }),
    stage: replay.stage,
    fillSeconds: replay.fillSeconds,
    phases: replay.phases.map(({ phase, asked, seconds, meanSeconds, samples, commandsPerTurn }) => ({
      ...{ id: phase.id, asked, seconds, meanSeconds, samples, commandsPerTurn },
      ...(asked.startsWith('GET /') ? { path: asked.slice(4) } : {}),
      ...(phase.caseSeconds === undefined ? {} : { caseSeconds: phase.caseSeconds }),
    })),
    notFound: replay.notFound,
    errors: replay.errors,
    checks,
    predictions: predictions(replay),
    report: replay.report,
  };
}
