import { startBackground } from '../../runners/background.ts';
import { traceWithStrace } from '../../tracers/strace.ts';

export type Attach = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Long enough to see a call of the child, which wakes up all the time. */
const WINDOW_MS = 100;

/** Really attaches strace, the way `diagnose` does it, to a process that we start for it and end again. */
export async function tryAttach(signal: AbortSignal): Promise<Attach> {
  const script = 'setInterval(() => undefined, 10)';
  const child = startBackground(
    { file: process.execPath, args: ['-e', script], timeoutMs: 30_000 },
    () => undefined,
  );
  try {
    if (child.pid === undefined) return { ok: false, reason: 'no process could be started to try it on' };
    const capture = await traceWithStrace({ pids: [child.pid], durationMs: WINDOW_MS, signal });
    if (capture.status === 'failed') return { ok: false, reason: capture.reason };
    if (capture.text.trim() === '')
      return { ok: false, reason: 'strace attached, but reported no system call' };
    return { ok: true };
  } finally {
    child.stop('SIGKILL');
    await child.ended;
  }
}
