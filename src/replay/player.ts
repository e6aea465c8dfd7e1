import { diagnose } from '../analyzers/engine.ts';
import { assemble } from '../capture/assemble.ts';
import { captureLive } from '../capture/live.ts';
import { summaryOf } from '../capture/raw-capture.ts';
import { findTarget } from '../capture/target.ts';
import type { Report } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import type { Phase, Scenario } from '../scenario/scenario.ts';
import type { TracerChoice } from '../tracers/ladder.ts';
import { type Stage, type StageFacts, type StageRequest, setStage } from './stage.ts';
import type { AskOptions } from './stage-client.ts';

export interface ReplayRequest extends Omit<StageRequest, 'directives' | 'fsyncMs'> {
  readonly scenario: Scenario;
  readonly keys: number;
  readonly durationMs: number;
  readonly tracer: TracerChoice | 'none';
  /** Part of the server's time that watching may cost, 0 to 1. */
  readonly maxOverhead: number;
  readonly redact: boolean;
}

/** A phase as it was measured. */
export interface PlayedPhase {
  readonly phase: Phase;
  /** Seconds that the application says one request took, median. */
  readonly seconds: number;
  readonly samples: readonly number[];
}

export interface Replay {
  readonly scenario: Scenario;
  readonly keys: number;
  readonly stage: StageFacts;
  readonly fillSeconds: number;
  readonly phases: readonly PlayedPhase[];
  readonly report: Report;
  /** Findings that the scenario expects and the diagnosis did not name. */
  readonly notFound: readonly string[];
}

/** What happens, told while it happens. */
export interface ReplayListener {
  staged(stage: StageFacts): void;
  filled(seconds: number): void;
  measured(phase: PlayedPhase, before: PlayedPhase | undefined): void;
  diagnosed(report: Report): void;
}

/** A request is timed this often, or as often as fits into the time; at least once. */
const SAMPLES = 5;
const MEASURE_MS = 6000;

/**
 * Plays a scenario: stage, keys, then each phase. The first phase is diagnosed while the load runs.
 * Everything that was started is ended again, also when it fails or is interrupted.
 */
export async function play(request: ReplayRequest, listener: ReplayListener): Promise<Replay> {
  const { scenario, keys, progress } = request;
  const stage = await setStage({ ...request, directives: scenario.server, fsyncMs: scenario.fsyncMs });
  try {
    listener.staged(stage.facts);
    progress(`filling ${keys} keys, each of them a write that the server syncs`);
    const [fillSeconds] = await secondsOf(stage, `/init/${keys}`, { count: 1 });
    listener.filled(fillSeconds!);
    const phases: PlayedPhase[] = [];
    let report: Report | undefined;
    for (const phase of scenario.phases) {
      await configure(stage, phase);
      const played = await measure(stage, phase, request);
      listener.measured(played, phases.at(-1));
      phases.push(played);
      if (!report) {
        report = await watch(stage, phase, request);
        listener.diagnosed(report);
      }
    }
    const found = new Set(report!.findings.map((finding) => finding.id));
    return {
      scenario,
      keys,
      stage: stage.facts,
      fillSeconds: fillSeconds!,
      phases,
      report: report!,
      notFound: scenario.expect.found.filter((id) => !found.has(id)),
    };
  } finally {
    await stage.close();
  }
}

async function configure(stage: Stage, { config }: Phase): Promise<void> {
  for (const [directive, value] of Object.entries(config)) {
    await stage.send(['CONFIG', 'SET', directive, value]);
  }
}

async function measure(stage: Stage, phase: Phase, { progress }: ReplayRequest): Promise<PlayedPhase> {
  progress(`timing GET ${phase.path}`);
  const samples = await secondsOf(stage, phase.path, { count: SAMPLES, durationMs: MEASURE_MS });
  return { phase, seconds: quantile(samples, 0.5)!, samples };
}

/** What the application says that its requests took; what the client saw where it says nothing. */
async function secondsOf(stage: Stage, path: string, options: AskOptions): Promise<number[]> {
  const samples = await stage.ask(path, options);
  return samples.map(({ elapsedSeconds, seconds }) => elapsedSeconds ?? seconds);
}

/** Diagnoses the live server while the load runs, as `perfcase diagnose --pid` does. */
async function watch(stage: Stage, phase: Phase, request: ReplayRequest): Promise<Report> {
  const load = stage.load(phase.path);
  try {
    const { serverPid, serverPort } = stage.facts;
    const target = await findTarget({ pid: serverPid }, request.signal);
    const capture = await captureLive(target, {
      durationMs: request.durationMs,
      tracer: request.tracer,
      maxOverhead: request.maxOverhead,
      clients: true,
      server: { host: '127.0.0.1', port: serverPort },
      self: request.self,
      engine: stage.engine,
      signal: request.signal,
      progress: request.progress,
    });
    request.signal.throwIfAborted();
    const { facts } = assemble(capture, { redact: request.redact });
    return diagnose(facts, summaryOf(capture));
  } finally {
    await load.stop();
  }
}
