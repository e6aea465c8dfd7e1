import { Redis } from 'ioredis';
import { diagnose } from '../analyzers/engine.ts';
import { assemble } from '../capture/assemble.ts';
import { captureLive } from '../capture/live.ts';
import { summaryOf } from '../capture/raw-capture.ts';
import { findTarget } from '../capture/target.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { Report } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import { runLoad } from '../lab/load.ts';
import type { Phase, Scenario } from '../scenario/scenario.ts';
import type { TracerChoice } from '../tracers/ladder.ts';
import { type Stage, type StageRequest, setStage } from './stage.ts';

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
  readonly stage: Omit<Stage, 'close'>;
  readonly fillSeconds: number;
  readonly phases: readonly PlayedPhase[];
  readonly report: Report;
  /** Findings that the scenario expects and the diagnosis did not name. */
  readonly notFound: readonly string[];
}

/** What happens, told while it happens. */
export interface ReplayListener {
  staged(stage: Omit<Stage, 'close'>): void;
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
  const { scenario, keys, signal, progress } = request;
  const stage = await setStage({ ...request, directives: scenario.server, fsyncMs: scenario.fsyncMs });
  try {
    const { close: _close, ...facts } = stage;
    listener.staged(facts);
    progress(`filling ${keys} keys, each of them a write that the server syncs`);
    const fillSeconds = await ask(`${stage.appUrl}/init/${keys}`, signal);
    listener.filled(fillSeconds);
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
      stage: facts,
      fillSeconds,
      phases,
      report: report!,
      notFound: scenario.expect.found.filter((id) => !found.has(id)),
    };
  } finally {
    await stage.close();
  }
}

async function configure(stage: Stage, { config }: Phase): Promise<void> {
  const settings = Object.entries(config);
  if (settings.length === 0) return;
  const client = new Redis({
    host: '127.0.0.1',
    port: stage.serverPort,
    lazyConnect: true,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    for (const [directive, value] of settings) await client.config('SET', directive, value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`the server did not take the fix (${reason}).`, EXIT.failure);
  } finally {
    client.disconnect();
  }
}

async function measure(
  stage: Stage,
  phase: Phase,
  { signal, progress }: ReplayRequest,
): Promise<PlayedPhase> {
  progress(`timing GET ${phase.path}`);
  const samples: number[] = [];
  const until = performance.now() + MEASURE_MS;
  do {
    samples.push(await ask(`${stage.appUrl}${phase.path}`, signal));
  } while (samples.length < SAMPLES && performance.now() < until);
  return { phase, seconds: quantile(samples, 0.5)!, samples };
}

/** One request of the application; the seconds that it says it took. */
async function ask(url: string, signal: AbortSignal): Promise<number> {
  let seconds: number | undefined;
  let failure = 'no answer';
  await runLoad(new URL(url), {
    count: 1,
    signal,
    monotonic: () => performance.now(),
    onSample: (sample) => {
      if (sample.error === undefined) seconds = sample.elapsedSeconds ?? sample.seconds;
      else failure = sample.error;
    },
  });
  signal.throwIfAborted();
  if (seconds === undefined)
    throw new UserError(`the application did not answer ${url}: ${failure}.`, EXIT.failure);
  return seconds;
}

/** Diagnoses the live server while the load runs, as `perfcase diagnose --pid` does. */
async function watch(stage: Stage, phase: Phase, request: ReplayRequest): Promise<Report> {
  const stop = new AbortController();
  const load = runLoad(new URL(`${stage.appUrl}${phase.path}`), {
    signal: AbortSignal.any([stop.signal, request.signal]),
    monotonic: () => performance.now(),
  });
  try {
    const target = await findTarget({ pid: stage.serverPid }, request.signal);
    const capture = await captureLive(target, {
      durationMs: request.durationMs,
      tracer: request.tracer,
      maxOverhead: request.maxOverhead,
      clients: true,
      server: { host: '127.0.0.1', port: stage.serverPort },
      self: request.self,
      signal: request.signal,
      progress: request.progress,
    });
    request.signal.throwIfAborted();
    const { facts } = assemble(capture, { redact: request.redact });
    return diagnose(facts, summaryOf(capture));
  } finally {
    stop.abort();
    await load;
  }
}
