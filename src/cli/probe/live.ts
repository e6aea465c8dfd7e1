import type { CaptureOutcome, CommandSpec } from '../../core/capture.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { runningContainers } from '../../probes/containers.ts';
import { type AnyProbe, PROBES, probeInside } from '../../probes/index.ts';
import { inNetns } from '../../probes/nsenter.ts';
import type { ProbeRun } from '../../probes/options.ts';
import { captureProc, procFiles } from '../../probes/proc.ts';
import { refusesPerCpu, topProbe } from '../../probes/top.ts';
import { guarded } from '../../runners/guarded.ts';
import { runLocal } from '../../runners/local.ts';
import type { Io } from '../command.ts';
import { captureRedis, type RedisFlags } from './redis.ts';

/** What running a probe here came to: the text to parse, who parses it, and what a person should know of it. */
export interface LiveCapture {
  readonly probe: AnyProbe;
  readonly text: string;
  /** Lines for stderr. */
  readonly remarks: readonly string[];
  /** Absent when the text is all there was to get. */
  readonly failure?: string;
}

/** @throws UserError for wrong usage */
export async function captureLive(
  probe: AnyProbe,
  run: ProbeRun,
  flags: RedisFlags,
  { env, signal }: Pick<Io, 'env' | 'signal'>,
): Promise<LiveCapture> {
  if (probe.name === 'redis' && !run.args) return captureRedis(probe, run, flags, env, signal);
  if (probe.name === 'proc' && !run.args) {
    const { text, reasons } = captureProc(procFiles(run.pid));
    return { probe, text, remarks: reasons };
  }
  if ((probe.name === 'docker' || probe.name === 'podman') && !run.args)
    return captureContainers(probe, signal);
  if (probe.name === 'nsenter') return captureInside(probe, run, signal);
  if (probe.needsPid && run.pid === undefined && !run.args) {
    throw new UserError(
      `${probe.name} needs a process to watch; give --pid N, or its own arguments after --.`,
    );
  }
  // strace stays attached to somebody else's process: it must not outlive us.
  const plain = probe.command(run);
  const command = probe.endless ? { ...guarded(plain), timeoutMs: plain.timeoutMs } : plain;
  const outcome = await runLocal(command, signal);
  if (probe.name === 'top' && !run.args && outcome.status === 'failed' && refusesPerCpu(outcome.stderr)) {
    const second = await runLocal(topProbe.command({ ...run, perCpu: false }), signal);
    return judged(probe, second, ['this top is too old for one line a CPU; the line is over all CPUs']);
  }
  return judged(probe, outcome, []);
}

/** A tool that failed may have printed much before it did: that is kept, and the failure told. */
function judged(probe: AnyProbe, outcome: CaptureOutcome, remarks: readonly string[]): LiveCapture {
  const text = probe.stream === 'stderr' ? outcome.stderr : outcome.stdout;
  const warnings =
    probe.stream === 'stderr' ? [] : outcome.stderr.split('\n').filter((line) => line.trim() !== '');
  const ended = outcome.status === 'captured' || (probe.endless && outcome.status === 'timed-out');
  const failure = ended ? {} : { failure: outcome.reason ?? `${probe.name} failed` };
  const quoted = ended ? warnings.slice(0, 20).map((line) => `${outcome.command.file} said: ${line}`) : [];
  return { probe, text, remarks: [...remarks, ...quoted], ...failure };
}

async function captureContainers(probe: AnyProbe, signal: AbortSignal): Promise<LiveCapture> {
  const run = async (spec: CommandSpec): Promise<CaptureOutcome> => runLocal(spec, signal);
  const { captures } = await runningContainers(run, probe.name === 'docker' ? 'docker' : 'podman');
  const live = judged(probe, captures[0]!, []);
  const isList = captures[0]!.command.args[0] === 'ps';
  return isList && live.failure === undefined
    ? { ...live, text: '', remarks: ['no container is running'] }
    : live;
}

/** `--pid N -- lsof -i` puts the namespace's arguments in front; without --pid the arguments are nsenter's own. */
async function captureInside(probe: AnyProbe, run: ProbeRun, signal: AbortSignal): Promise<LiveCapture> {
  const { args, pid } = run;
  if (!args || (pid === undefined && !args.some((word) => word.startsWith('-')))) {
    throw new UserError(
      'nsenter needs a namespace and a tool, for example: probe nsenter --pid 9181 -- lsof -nP -i',
    );
  }
  const inner = probeInside(args);
  if (!inner) {
    const known = [...PROBES.keys()].filter((name) => name !== 'nsenter').join(', ');
    throw new UserError(`nsenter was given no tool whose output can be read; known are ${known}.`);
  }
  const spec = probe.command(run);
  const inside = inner.command({ ...run, args: args.slice(1) });
  const wraps = pid !== undefined && !args[0]!.startsWith('-');
  const outcome = await runLocal(wraps ? inNetns({ ...inside, file: args[0]! }, pid) : spec, signal);
  return judged(inner, outcome, []);
}

/** Checks that a process exists. @throws UserError */
export function requireProcess(pid: number): void {
  const found = captureProc([`${pid}/stat`]);
  if (found.text === '') {
    throw new UserError(`there is no process ${pid}; ps -e lists those that run.`, EXIT.usage);
  }
}
