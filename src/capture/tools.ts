import type { CommandSpec } from '../core/capture.ts';
import { iostatProbe } from '../probes/iostat.ts';
import { inNetns } from '../probes/nsenter.ts';
import { pidstatProbe } from '../probes/pidstat.ts';
import { networkNamespace } from '../probes/proc/read.ts';
import { refusesPerCpu, topProbe } from '../probes/top.ts';
import { runLocal } from '../runners/local.ts';
import { busiestOnDisks, filesOf } from './neighbours.ts';
import type { RawOutput } from './raw-capture.ts';
import { MOMENTS, readFiles } from './readings.ts';
import type { LiveTarget } from './target.ts';

/** lsof answers in tens of milliseconds, unless a file system hangs. */
const LSOF_MS = 10_000;
/** What a tool may take beyond the window it watches. */
const GRACE_MS = 10_000;
const MAX_CLIENTS = 16;

interface ToolRun {
  readonly source: string;
  readonly probe: string;
  readonly spec: CommandSpec;
}

/**
 * Runs top, iostat, pidstat and lsof side by side over the window, and reads /proc at its end, `counters` among it.
 * A tool that is missing or fails leaves its reason in `missing`.
 */
export async function runTools(
  target: LiveTarget,
  clients: readonly number[],
  durationMs: number,
  signal: AbortSignal,
  counters: readonly string[],
): Promise<{ outputs: RawOutput[]; missing: Record<string, string> }> {
  const timeoutMs = durationMs + GRACE_MS;
  const runs: ToolRun[] = [
    { source: 'top', probe: 'top', spec: topProbe.command({ durationMs, timeoutMs }) },
    { source: 'iostat', probe: 'iostat', spec: iostatProbe.command({ durationMs, timeoutMs }) },
    { source: 'pidstat', probe: 'pidstat', spec: pidstatProbe.command({ durationMs, timeoutMs }) },
    { source: 'lsof', probe: 'lsof', spec: lsof(['-p', String(target.pid)]) },
    ...sockets(target, clients),
  ];
  const outcomes = await Promise.all(
    runs.map(async ({ source, spec }) => {
      const outcome = await runLocal(spec, signal);
      const isOld = source === 'top' && outcome.status === 'failed' && refusesPerCpu(outcome.stderr);
      return isOld ? runLocal(topProbe.command({ durationMs, timeoutMs, perCpu: false }), signal) : outcome;
    }),
  );
  const missing: Record<string, string> = {};
  const outputs: RawOutput[] = [];
  for (const [at, { source, probe }] of runs.entries()) {
    const { stdout, reason } = outcomes[at]!;
    // lsof ends with 1 when one of several processes has nothing to list.
    if (stdout !== '') outputs.push({ source, probe, text: stdout });
    else missing[source] = reason ?? `${source} printed nothing`;
  }
  const files = ['pressure/cpu', 'pressure/memory', 'pressure/io', 'meminfo', `${target.pid}/io`];
  outputs.push(readFiles(MOMENTS.undisturbed, [...files, ...counters]));
  const pidstat = outputs.find(({ probe }) => probe === 'pidstat');
  const others = pidstat ? busiestOnDisks(pidstat.text, target.pid) : [];
  if (others.length > 0) {
    const { stdout } = await runLocal(filesOf(others, LSOF_MS), signal);
    if (stdout !== '') outputs.push({ source: 'lsof of others', probe: 'lsof', text: stdout });
  }
  return { outputs, missing };
}

/** Numbers instead of names (-nP), whole command names (+c0). */
function lsof(args: readonly string[]): CommandSpec {
  return { file: 'lsof', args: ['-nP', '+c0', ...args], timeoutMs: LSOF_MS, debianPackage: 'lsof' };
}

/** Both ends of the connections, which lsof -p does not name from outside the target's network namespace. */
function sockets(target: LiveTarget, clients: readonly number[]): ToolRun[] {
  const elsewhere = target.netns !== undefined && target.netns !== networkNamespace('self');
  if (!elsewhere && clients.length === 0) return [];
  const spec = lsof(['-a', '-i', '-p', [target.pid, ...clients.slice(0, MAX_CLIENTS)].join(',')]);
  return [{ source: 'lsof -i', probe: 'lsof', spec: elsewhere ? inNetns(spec, target.pid) : spec }];
}
