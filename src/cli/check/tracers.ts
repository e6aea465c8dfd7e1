import { startBackground } from '../../runners/background.ts';
import { TRACERS, type TracerName, traceCalls } from '../../tracers/ladder.ts';

/** Whether a tracer works here; if not, its reason in one line. */
export type TracerCheck =
  | { readonly name: TracerName; readonly usable: true }
  | { readonly name: TracerName; readonly usable: false; readonly reason: string };

/** Long enough to see a call of the child, which wakes up all the time. */
const WINDOW_MS = 100;

/** Really traces a process that we start for it and end again, the way `diagnose` does it, with each tracer. */
export async function tryTracers(signal: AbortSignal): Promise<TracerCheck[]> {
  const script = 'setInterval(() => undefined, 10)';
  const command = { file: process.execPath, args: ['-e', script], timeoutMs: 60_000 };
  const child = startBackground(command, () => undefined);
  const checks: TracerCheck[] = [];
  try {
    for (const name of TRACERS) checks.push(await tryTracer(name, child.pid, signal));
    return checks;
  } finally {
    child.stop('SIGKILL');
    await child.ended;
  }
}

async function tryTracer(
  name: TracerName,
  pid: number | undefined,
  signal: AbortSignal,
): Promise<TracerCheck> {
  if (pid === undefined) return { name, usable: false, reason: 'no process could be started to try it on' };
  const capture = await traceCalls(name, { pids: [pid], durationMs: WINDOW_MS, signal }, () => undefined);
  if (capture.status === 'failed') return { name, usable: false, reason: capture.reason };
  if (capture.text.trim() === '')
    return { name, usable: false, reason: 'it attached, but reported no system call' };
  return { name, usable: true };
}
