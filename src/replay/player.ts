import { setTimeout as sleep } from 'node:timers/promises';
import { diagnose } from '../analyzers/engine.ts';
import { assemble } from '../capture/assemble.ts';
import { captureLive } from '../capture/live.ts';
import { summaryOf } from '../capture/raw-capture.ts';
import { findTarget } from '../capture/target.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { Report } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import { machineMs } from '../lab/parts/meter.ts';
import type { LoadedScenario } from '../scenario/catalogue.ts';
import type { Fault } from '../scenario/fault.ts';
import type { Part } from '../scenario/part.ts';
import { directivesOf, type Phase, type Scenario } from '../scenario/scenario.ts';
import type { TracerChoice } from '../tracers/ladder.ts';
import { Ailments } from './ailments.ts';
import { Cast } from './cast.ts';
import { configure } from './configure.ts';
import { prepare } from './prepare.ts';
import { type Stage, type StageFacts, type StageRequest, setStage } from './stage.ts';

export interface ReplayRequest extends Omit<StageRequest, 'directives' | 'fsyncMs' | 'app'> {
  readonly scenario: LoadedScenario;
  readonly seed: number;
  readonly durationMs: number;
  readonly tracer: TracerChoice | 'none';
  /** Part of the server's time that watching may cost, 0 to 1. */
  readonly maxOverhead: number;
  readonly redact: boolean;
}

/** A phase as it was measured. */
export interface PlayedPhase {
  readonly phase: Phase;
  /** What was timed, in words: "GET /get_cache", "a turn of readers". */
  readonly asked: string;
  /** Seconds that one turn took, median; of an HTTP request what the application says it took. */
  readonly seconds: number;
  readonly meanSeconds: number;
  readonly samples: readonly number[];
  readonly commandsPerTurn: number;
}

export interface Replay {
  readonly scenario: Scenario;
  readonly stage: StageFacts;
  readonly fillSeconds: number;
  readonly phases: readonly PlayedPhase[];
  readonly report: Report;
  /** Findings that the scenario expects and the diagnosis did not name. */
  readonly notFound: readonly string[];
  /** The last error that a part told of, by the name of the part whose place it has. */
  readonly errors: Readonly<Record<string, string>>;
}

/** What happens, told while it happens. */
export interface ReplayListener {
  staged(stage: StageFacts): void;
  filled(seconds: number): void;
  measured(phase: PlayedPhase, before: PlayedPhase | undefined): void;
  diagnosed(report: Report): void;
}

/**
 * Turns are timed until there are so many, and for at least so long; at least one, however long it takes. The later
 * half of them counts: a program that has just begun takes twice as long, and a user's clients have run for days.
 */
const SAMPLES = 10;
const MEASURE_LEAST_MS = 1600;
const MEASURE_MS = 6000;
/** Until clients and faults have settled. */
const SETTLE_MS = 300;
/** Samples that are kept for the report. */
const SAMPLES_SHOWN = 20;

/**
 * Plays a scenario: stage, preparation, load, faults, then each phase. The first phase is diagnosed while the load runs.
 * Everything that was started is ended again, also when it fails or is interrupted.
 */
export async function play(request: ReplayRequest, listener: ReplayListener): Promise<Replay> {
  const { scenario, seed, signal, progress, self } = request;
  const stage = await setStage({
    ...request,
    directives: directivesOf(scenario),
    ...(scenario.fsyncMs === undefined ? {} : { fsyncMs: scenario.fsyncMs }),
    app: needsApp(scenario),
  });
  const { facts } = stage;
  const cast = new Cast(stage, { seed, self, signal, scripts: scenario.files.folder });
  const ailments = new Ailments(stage, cast, scenario.load);
  try {
    listener.staged(facts);
    // Memory is counted where it is first touched, so this limit must be there before.
    const isFirst = ({ kind }: Fault) => kind === 'memory-limit';
    for (const fault of scenario.fault.filter(isFirst)) await ailments.begin(fault);
    if (scenario.prepare.length > 0) progress('filling in what the clients ask for');
    const started = performance.now();
    await prepare(scenario.prepare, stage, cast);
    const fillSeconds = (performance.now() - started) / 1000;
    listener.filled(fillSeconds);
    for (const part of scenario.load) await cast.start(part);
    for (const fault of scenario.fault.filter((each) => !isFirst(each))) await ailments.begin(fault);
    await sleep(SETTLE_MS, undefined, { signal });
    const phases: PlayedPhase[] = [];
    let report: Report | undefined;
    for (const phase of scenario.phases) {
      await change(phase, { stage, cast, ailments });
      const fromMs = machineMs();
      const played = await measure(phase, cast, request, fromMs);
      if (played) {
        listener.measured(played, phases.at(-1));
        phases.push(played);
      }
      if (!report) {
        report = await watch(stage, cast, request);
        listener.diagnosed(report);
      }
    }
    const found = new Set(report!.findings.map((finding) => finding.id));
    const notFound = scenario.expect.found.filter((id) => !found.has(id));
    const errors = Object.fromEntries(cast.errors);
    for (const [part, error] of cast.errors) progress(`the part "${part}" met an error: ${error}`);
    return { scenario, stage: facts, fillSeconds, phases, report: report!, notFound, errors };
  } finally {
    await ailments.close(progress);
    await cast.close();
    await stage.close();
  }
}

function needsApp({ load, fault, prepare: steps }: Scenario): boolean {
  const parts: Part[] = [...load, ...fault.flatMap((each) => (each.kind === 'part' ? [each.part] : []))];
  return (
    parts.some(({ spec }) => spec.kind === 'http' && spec.of === undefined) ||
    steps.some(({ kind }) => kind === 'http')
  );
}

async function change(
  { config, remove, load }: Phase,
  { stage, cast, ailments }: { stage: Stage; cast: Cast; ailments: Ailments },
): Promise<void> {
  await configure(stage, config);
  for (const name of remove) await ailments.remove(name);
  for (const part of load) await cast.start(part);
}

/** The slow query of the case takes half a minute on a slow machine. */
const PATIENCE_MS = 180_000;

/** Undefined for a scenario in which nothing is timed. */
async function measure(
  phase: Phase,
  cast: Cast,
  { scenario, signal, progress }: ReplayRequest,
  fromMs: number,
): Promise<PlayedPhase | undefined> {
  const part = cast.inSlot(scenario.measure);
  if (!part) return undefined;
  const asked = part.spec.kind === 'http' ? `GET ${part.spec.path}` : `a turn of ${part.name}`;
  progress(`timing ${asked}`);
  for (;;) {
    await sleep(20, undefined, { signal });
    const seen = cast.seen(scenario.measure, fromMs);
    const { turnsMs } = seen;
    const passed = machineMs() - fromMs;
    const isEnough = turnsMs.length >= SAMPLES && passed >= MEASURE_LEAST_MS;
    const error = cast.errors.get(cast.slotOf(scenario.measure));
    if (turnsMs.length === 0 && error !== undefined && passed > MEASURE_MS)
      throw new UserError(`${asked} fails: ${error}.`, EXIT.failure);
    if (turnsMs.length === 0 && passed > PATIENCE_MS)
      throw new UserError(
        `${asked} did not end within ${PATIENCE_MS / 1000} s; "measure" must name a part that makes turns.`,
        EXIT.failure,
      );
    if (!isEnough && (turnsMs.length === 0 || passed < MEASURE_MS)) continue;
    const settled = Math.floor(turnsMs.length / 2);
    const seconds = turnsMs.slice(settled).map((ms) => ms / 1000);
    const commands = seen.commands.slice(settled).reduce((a, b) => a + b, 0);
    return {
      phase,
      asked,
      seconds: quantile(seconds, 0.5)!,
      meanSeconds: seconds.reduce((a, b) => a + b, 0) / seconds.length,
      samples: seconds.slice(0, SAMPLES_SHOWN),
      commandsPerTurn: commands / seconds.length,
    };
  }
}

/** Diagnoses the live server while the load runs, as `perfcase diagnose --pid` does. */
async function watch(stage: Stage, cast: Cast, request: ReplayRequest): Promise<Report> {
  const { target: part } = request.scenario;
  const pid = part === undefined ? stage.facts.serverPid : cast.pidOf(part);
  if (pid === undefined) throw new UserError(`the part "${part}" does not run; nothing can be diagnosed.`);
  const target = await findTarget({ pid }, request.signal);
  const capture = await captureLive(target, {
    durationMs: request.durationMs,
    tracer: request.tracer,
    maxOverhead: request.maxOverhead,
    clients: true,
    engine: stage.engine,
    server: part === undefined ? { host: '127.0.0.1', port: stage.facts.serverPort } : {},
    self: request.self,
    signal: request.signal,
    progress: request.progress,
  });
  request.signal.throwIfAborted();
  const { facts } = assemble(capture, { redact: request.redact });
  return diagnose(facts, summaryOf(capture));
}
