import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_CALLS } from '../limits.ts';
import { writeLog } from '../log/log-text.ts';
import { RecordStore } from '../log/record-store.ts';
import { isHostNamespace, isNarrow, sharesPidNamespace } from '../processes.ts';
import type { CallsWindow, WatchedCalls } from '../window.ts';
import { Refused } from './refusal.ts';
import { Session, type SessionEnd } from './session.ts';

export interface BpfWindow extends CallsWindow {
  /** Bytes of each buffer to keep. */
  readonly payloadBytes?: number;
}

/** As strace is asked for: a reply to SCAN with ten keys fits. */
const PAYLOAD_BYTES = 1024;
/**
 * How often records are fetched: seldom, since each time takes a CPU that the target may want. What is fetched was
 * written before the last time, so a lane must hold what two of these bring; LaneShape says what it does hold.
 */
const POLL_MS = 25;
/** How many polls go by between two looks whether the processes still run. */
const ALIVE_EVERY = 8;
/** Bounds of memory; a window that reaches one of them ends. */
const MAX_RECORD_BYTES = 128 * 1024 * 1024;
const MAX_LOG_BYTES = 192 * 1024 * 1024;

/**
 * Watches processes through the kernel's own tracepoints for a while. The target is never stopped: a program in the
 * kernel notes each call and goes on. The programs hang on descriptors of this process, so nothing of them is left
 * when it ends, however. Never throws; where the tracer cannot run, the reason is one line.
 */
export async function traceWithBpf(window: BpfWindow): Promise<WatchedCalls> {
  const { pids, durationMs, signal } = window;
  let session: Session | undefined;
  try {
    refuseUnreadable(pids);
    session = await Session.open({
      pids,
      payloadBytes: window.payloadBytes ?? PAYLOAD_BYTES,
      followForks: pids.every((pid) => sharesPidNamespace(pid)),
    });
    const store = new RecordStore(MAX_RECORD_BYTES, window.maxCalls ?? MAX_CALLS);
    const epochOffsetUs = session.epochOffsetUs();
    window.onAttached?.();
    const attachedAt = performance.now();
    for (let poll = 1; ; poll++) {
      const left = attachedAt + durationMs - performance.now();
      if (left <= 0 || signal.aborted || store.isFull) break;
      if (poll % ALIVE_EVERY === 0 && !pids.some((pid) => existsSync(`/proc/${pid}`))) break;
      await sleep(Math.min(POLL_MS, left), undefined, { signal }).catch(() => undefined);
      session.drainTo(store);
      if (window.isSpent?.('bpf', store.records)) break;
    }
    const tracedMs = performance.now() - attachedAt;
    window.onWindowEnd?.();
    const end: SessionEnd = session.finish(store);
    const log = writeLog(store, {
      calls: session.calls,
      epochOffsetUs,
      open: end.open,
      maxBytes: MAX_LOG_BYTES,
    });
    return {
      status: 'captured',
      text: log.text,
      threads: log.threads,
      tracedMs,
      lost: end.lost + log.cut,
      full: store.isFull || log.cut > 0,
      stuck: end.stuck,
    };
  } catch (error) {
    return { status: 'failed', reason: reasonOf(error) };
  } finally {
    session?.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  const said = error instanceof Error ? error.message : String(error);
  return `the bpf tracer failed (${said.split('\n', 1)[0]!.slice(0, 160)})`;
}

/** What would attach and yet show nothing, or something wrong. @throws Refused */
function refuseUnreadable(pids: readonly number[]): void {
  // Programs see the ids of the first namespace.
  if (!isHostNamespace()) throw new Refused({ kind: 'namespace' });
  for (const pid of pids) {
    if (isNarrow(pid)) throw new Refused({ kind: 'foreign-program', pid });
  }
}
