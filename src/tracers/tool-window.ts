import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandSpec } from '../core/capture.ts';
import { startBackground } from '../runners/background.ts';
import { guarded } from '../runners/guarded.ts';
import type { CallsWindow } from './window.ts';

/** A program that watches calls: what it prints is its reader's business. */
export interface Tool {
  readonly name: string;
  /** Its time limit has to leave room for starting and for ending. */
  readonly command: CommandSpec;
  readonly onOutput: (chunk: Buffer) => void;
  /** Whether what it printed shows that it is attached. */
  readonly isReady: () => boolean;
  /** Calls that it has reported. */
  readonly calls: () => number;
  readonly isFull: () => boolean;
}

export interface ToolRun {
  readonly end: 'over' | 'not-installed' | 'ended-at-once' | 'not-ready';
  readonly tracedMs: number;
  /** Its standard error, the last of it. */
  readonly said: string;
  /** A sentence when it could not be ended. */
  readonly stuck: readonly string[];
}

/** bpftrace compiles its program first; on a busy machine that takes seconds. */
export const READY_TIMEOUT_MS = 20_000;
/** After it was asked to end, a tool prints what it still holds. */
export const END_TIMEOUT_MS = 5000;
const POLL_MS = 20;
const ALIVE_EVERY = 10;
const MAX_SAID = 16 * 1024;

/**
 * Runs a tool for a window: starts it, waits until it is attached, lets it watch, asks it to end and waits for that.
 * It ends with perfcase and with its time limit too: see `guarded`. What it had in the kernel hangs on its descriptors.
 */
export async function watchWith(
  tool: Tool,
  window: CallsWindow,
  patienceMs = END_TIMEOUT_MS,
): Promise<ToolRun> {
  const { pids, durationMs, signal } = window;
  let said = '';
  const command = guarded(tool.command, undefined, Math.ceil(patienceMs / 1000));
  const child = startBackground(command, tool.onOutput, (chunk) => {
    said = (said + chunk.toString('latin1')).slice(-MAX_SAID);
  });
  let over: { readonly exitCode?: number; readonly missing: boolean } | undefined;
  const ended = child.ended.then((how) => {
    over = how;
  });
  const run = async (end: ToolRun['end'], tracedMs = 0): Promise<ToolRun> => {
    const stuck = await endOf(tool.name, child, ended, patienceMs);
    return { end: over?.missing ? 'not-installed' : end, tracedMs, said, stuck };
  };
  try {
    const readyBy = performance.now() + READY_TIMEOUT_MS;
    while (!over && !tool.isReady() && !signal.aborted && performance.now() < readyBy) await sleep(10);
    if (signal.aborted) return await run('over');
    if (!tool.isReady()) return await run(over ? 'ended-at-once' : 'not-ready');
    window.onAttached?.();
    const attachedAt = performance.now();
    for (let poll = 1; ; poll++) {
      const left = attachedAt + durationMs - performance.now();
      if (left <= 0 || over || signal.aborted || tool.isFull()) break;
      if (window.isSpent?.(tool.name, tool.calls())) break;
      if (poll % ALIVE_EVERY === 0 && !pids.some((pid) => existsSync(`/proc/${pid}`))) break;
      await sleep(Math.min(POLL_MS, left), undefined, { signal }).catch(() => undefined);
    }
    const tracedMs = performance.now() - attachedAt;
    window.onWindowEnd?.();
    return await run('over', tracedMs);
  } finally {
    await endOf(tool.name, child, ended, patienceMs);
  }
}

/** Asks, then does not ask. Harmless when it has ended. */
async function endOf(
  name: string,
  child: ReturnType<typeof startBackground>,
  ended: Promise<void>,
  patienceMs: number,
): Promise<string[]> {
  let isOver = false;
  const over = ended.then(() => {
    isOver = true;
  });
  for (const [signal, limitMs] of [
    // What guards it kills it when it takes longer.
    ['SIGINT', patienceMs + 2000],
    ['SIGKILL', 1000],
  ] as const) {
    child.stop(signal);
    const patience = new AbortController();
    await Promise.race([over, sleep(limitMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
    if (isOver) return [];
  }
  return [`${name} (pid ${child.pid}) did not end`];
}
