import { setTimeout as sleep } from 'node:timers/promises';
import { listThreads, readProc } from '../probes/proc/read.ts';
import { parseProcStatus } from '../probes/proc/status.ts';
import { straceProbe } from '../probes/strace.ts';
import { startBackground } from '../runners/background.ts';
import { guarded } from '../runners/guarded.ts';
import { MAX_CALLS } from './limits.ts';
import type { CallsWindow } from './window.ts';

export type StraceCapture =
  | {
      readonly status: 'captured';
      readonly text: string;
      /** Between attaching and detaching. */
      readonly tracedMs: number;
      /** The log reached its limit before the window ended. */
      readonly full: boolean;
      /** A process that could not be detached or started again, with what is wrong; normally empty. */
      readonly stuck: readonly string[];
    }
  | { readonly status: 'failed'; readonly reason: string };

/** A log longer than this ends the window: memory stays bounded on the busiest server. */
const MAX_LOG_BYTES = 192 * 1024 * 1024;
const ATTACH_TIMEOUT_MS = 5000;

/**
 * Watches processes with strace for a while. strace detaches whatever happens to perfcase: see `guarded`. When strace
 * ends, however it does, the kernel lets the traced processes go on.
 */
export async function traceWithStrace(window: CallsWindow): Promise<StraceCapture> {
  const { pids, durationMs, signal, maxCalls = MAX_CALLS } = window;
  const limitMs = durationMs + ATTACH_TIMEOUT_MS + 3000;
  const before = new Map(pids.map((pid) => [pid, stateOf(pid)]));
  const chunks: Buffer[] = [];
  let bytes = 0;
  let lines = 0;
  const enough = new AbortController();
  let full = false;
  const strace = startBackground(guarded(straceProbe.command({ pids, timeoutMs: limitMs })), (chunk) => {
    bytes += chunk.length;
    lines += countLines(chunk);
    full ||= bytes > MAX_LOG_BYTES || lines > maxCalls;
    if (!full) chunks.push(chunk);
    if (full || window.isSpent?.('strace', lines)) enough.abort();
  });
  let over = false;
  const ended = strace.ended.finally(() => {
    over = true;
  });
  try {
    const attachedBy = Date.now() + ATTACH_TIMEOUT_MS;
    while (!over && !signal.aborted && Date.now() < attachedBy && !pids.every((pid) => isTraced(pid))) {
      await sleep(10);
    }
    const log = () => Buffer.concat(chunks).toString('latin1');
    if (over) return failure(await ended, log(), pids);
    window.onAttached?.();
    const attachedAt = performance.now();
    await Promise.race([pause(durationMs, AbortSignal.any([signal, enough.signal])), ended]);
    const tracedMs = performance.now() - attachedAt;
    window.onWindowEnd?.();
    strace.stop();
    await ended;
    return {
      status: 'captured',
      text: log(),
      tracedMs,
      full,
      stuck: await makeSureDetached(pids, before, stoppedByOthers(log())),
    };
  } finally {
    strace.stop();
    await ended;
    await makeSureDetached(pids, before, stoppedByOthers(Buffer.concat(chunks).toString('latin1')));
  }
}

function failure(
  { missing, exitCode }: { missing: boolean; exitCode?: number },
  log: string,
  pids: readonly number[],
): StraceCapture {
  const said = log.slice(-4096).trim().split('\n').at(-1) ?? '';
  if (missing || exitCode === 127 || /No such file or directory/.test(said)) {
    return { status: 'failed', reason: 'strace is not installed; apt-get install strace brings it' };
  }
  if (/not permitted|denied/i.test(said)) {
    return {
      status: 'failed',
      reason: `strace may not attach to pid ${pids.join(', ')}; run as root, or as the same user with kernel.yama.ptrace_scope=0`,
    };
  }
  if (/No such process/.test(said))
    return { status: 'failed', reason: `pid ${pids.join(', ')} ended before strace attached` };
  return { status: 'failed', reason: `strace ended at once${said ? `: ${said}` : ''}` };
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++;
  return count;
}

/** Somebody stopped a watched process meanwhile: then it stays stopped. */
function stoppedByOthers(log: string): boolean {
  return /--- stopped by SIG|--- SIG(?:STOP|TSTP|TTIN|TTOU) /.test(log);
}

/** Waits, or returns at once when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

function stateOf(pid: number): string | undefined {
  const read = readProc(`${pid}/status`);
  return read.status === 'captured' ? parseProcStatus(read.text).items[0]?.state : undefined;
}

/** The tracer of a thread; 0 for none, undefined when the thread is gone. */
function tracerOf(path: string): number | undefined {
  const read = readProc(`${path}/status`);
  return read.status === 'captured' ? parseProcStatus(read.text).items[0]?.tracerPid : undefined;
}

function isTraced(pid: number): boolean {
  const tracer = tracerOf(String(pid));
  return tracer === undefined || tracer > 0;
}

/**
 * Looks at every thread until nobody traces it, and starts again what a tracer left stopped.
 * @returns one sentence for each process that stayed traced or stopped
 */
async function makeSureDetached(
  pids: readonly number[],
  before: ReadonlyMap<number, string | undefined>,
  stopped: boolean,
): Promise<string[]> {
  const stuck: string[] = [];
  for (const pid of pids) {
    const traced = () => (listThreads(pid) ?? []).some((tid) => (tracerOf(`${pid}/task/${tid}`) ?? 0) > 0);
    const until = Date.now() + 2000;
    while (traced() && Date.now() < until) await sleep(5);
    if (traced()) stuck.push(`pid ${pid} is still traced`);
    else if (!stopped && /[Tt]/.test(stateOf(pid) ?? '') && !/[Tt]/.test(before.get(pid) ?? '')) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        stuck.push(`pid ${pid} is stopped and could not be continued`);
      }
    }
  }
  return stuck;
}
