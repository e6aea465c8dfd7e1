import type { CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type { Observation } from '../core/observation.ts';
import { dockerProbe, podmanProbe } from './containers.ts';
import { iostatProbe } from './iostat.ts';
import { lsofProbe } from './lsof.ts';
import { innerCommand } from './nsenter.ts';
import { GRACE_MS, type ProbeRun } from './options.ts';
import { pidstatProbe } from './pidstat.ts';
import { procProbe } from './proc.ts';
import { redisProbe } from './redis.ts';
import { ssProbe } from './ss.ts';
import { straceProbe } from './strace.ts';
import { topProbe } from './top.ts';

/** A probe as `perfcase probe NAME` uses it: options that every probe understands, any observation. */
export interface AnyProbe extends Probe<Observation, ProbeRun> {
  /** Where the tool writes what is parsed; standard output when absent. */
  readonly stream?: 'stderr';
  /** The tool watches until it is ended: its time limit is the window, not a failure. */
  readonly endless?: true;
  /** It cannot choose a target by itself. */
  readonly needsPid?: true;
}

const DEFAULT_WATCH_MS = 3000;

/** strace attaches to --pid for the window, and writes to standard error. */
const straceTool: AnyProbe = {
  ...straceProbe,
  stream: 'stderr',
  endless: true,
  needsPid: true,
  command: (run): CommandSpec => {
    const pids = run.pid === undefined ? [] : [run.pid];
    const spec = straceProbe.command({ pids, timeoutMs: run.durationMs ?? DEFAULT_WATCH_MS });
    return run.args ? { ...spec, args: run.args } : spec;
  },
};

/** Tools that print something of their own. A new probe: one line here, one file beside this one. */
const TOOLS: readonly AnyProbe[] = [
  topProbe,
  iostatProbe,
  pidstatProbe,
  straceTool,
  lsofProbe,
  ssProbe,
  dockerProbe,
  podmanProbe,
  redisProbe,
  procProbe,
];

/** nsenter prints what the tool inside prints, so that tool's parser reads it. */
const nsenterProbe: AnyProbe = {
  name: 'nsenter',
  summary: "another tool in a process's network namespace: nsenter --pid N -- lsof -i",
  debianPackage: 'util-linux',
  command: (run): CommandSpec => ({
    file: 'nsenter',
    args: run.args ?? ['--target', String(run.pid ?? 1), '--net', '--', 'lsof', '-nP', '-i'],
    timeoutMs: run.timeoutMs ?? GRACE_MS,
    privilege: 'root (CAP_SYS_ADMIN over the namespace)',
    debianPackage: 'util-linux',
  }),
  parse: (text): Parsed<Observation> => innerProbe(text).parse(text),
};

export const PROBES: ReadonlyMap<string, AnyProbe> = new Map(
  [...TOOLS, nsenterProbe].map((probe) => [probe.name, probe]),
);

/** The probe of the tool that nsenter was asked to run; undefined when it runs none of ours. */
export function probeInside(nsenterArgs: readonly string[]): AnyProbe | undefined {
  const program = innerCommand(nsenterArgs)?.[0]?.split('/').at(-1);
  return TOOLS.find((probe) => probe.name === program);
}

/**
 * Whose output is it? The probe that reads most of it: for saved text that does not say which tool nsenter ran.
 * lsof where none reads anything.
 */
function innerProbe(text: string): AnyProbe {
  let best: AnyProbe = lsofProbe;
  let most = 0;
  for (const probe of TOOLS) {
    const { items, problems } = probe.parse(text);
    // Of two that read the same number of lines, the one that stumbles less.
    const score = items.length - problems.length / 1e6;
    if (score > most) [best, most] = [probe, score];
  }
  return best;
}
