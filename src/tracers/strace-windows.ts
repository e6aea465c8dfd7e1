import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_CALLS } from './limits.ts';
import { type StraceCapture, type StraceWindow, traceWithStrace } from './strace.ts';

/** Watching for `onMs` of every `everyMs`, both in milliseconds. */
export interface Windows {
  readonly onMs: number;
  readonly everyMs: number;
}

/**
 * Bounds what strace costs a busy server to a tenth of what it costs all the time. Shorter windows would show little
 * of a slow request: attaching to a process of a few threads takes some ten milliseconds.
 */
export const SHORT_WINDOWS: Windows = { onMs: 300, everyMs: 3000 };

export interface WindowedStrace extends StraceWindow {
  readonly windows: Windows;
  /** Watches one window; another one than strace in tests. */
  readonly watch?: (window: StraceWindow) => Promise<StraceCapture>;
}

/**
 * Watches processes with strace in several short windows within `durationMs`; between them nothing is attached. Where
 * calls are missing the log says "... not watched for 2.700 s". `onAttached` and `onWindowEnd` are called for each
 * window. `tracedMs` is the sum of the windows.
 */
export async function traceInWindows(request: WindowedStrace): Promise<StraceCapture> {
  const { windows, durationMs, signal, watch = traceWithStrace } = request;
  const { onMs, everyMs } = windows;
  const until = performance.now() + durationMs;
  const maxCalls = request.maxCalls ?? MAX_CALLS;
  const texts: string[] = [];
  const stuck = new Set<string>();
  let lines = 0;
  let tracedMs = 0;
  let full = false;
  let detachedAt: number | undefined;
  for (;;) {
    const begunAt = performance.now();
    let attachedAt = begunAt;
    const capture = await watch({
      ...request,
      pids: request.pids.filter((pid) => texts.length === 0 || existsSync(`/proc/${pid}`)),
      durationMs: Math.max(1, Math.min(onMs, until - begunAt)),
      maxCalls: maxCalls - lines,
      onAttached: () => {
        attachedAt = performance.now();
        request.onAttached?.();
      },
    });
    // What ended between two windows is no failure: there is something to show.
    if (capture.status === 'failed' && texts.length === 0) return capture;
    if (capture.status === 'failed') break;
    if (detachedAt !== undefined) texts.push(gapLine(attachedAt - detachedAt));
    detachedAt = performance.now();
    texts.push(capture.text.endsWith('\n') || capture.text === '' ? capture.text : `${capture.text}\n`);
    lines += countLines(capture.text);
    tracedMs += capture.tracedMs;
    full ||= capture.full || lines >= maxCalls;
    for (const sentence of capture.stuck) stuck.add(sentence);
    const nextAt = begunAt + everyMs;
    if (full || stuck.size > 0 || signal.aborted || nextAt >= until) break;
    await sleep(Math.max(0, nextAt - performance.now()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted || !request.pids.some((pid) => existsSync(`/proc/${pid}`))) break;
  }
  return { status: 'captured', text: texts.join(''), tracedMs, full, stuck: [...stuck] };
}

function gapLine(ms: number): string {
  return `... not watched for ${(ms / 1000).toFixed(3)} s\n`;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
