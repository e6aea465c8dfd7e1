import type { CommandSpec } from '../../core/capture.ts';
import { epochOffsetUs } from '../clock.ts';
import { MAX_CALLS } from '../limits.ts';
import { machineOf, watchedCalls } from '../log/calls.ts';
import { writeLog } from '../log/log-text.ts';
import { RecordStore } from '../log/record-store.ts';
import { isHostNamespace, isNarrow, sharesPidNamespace } from '../processes.ts';
import { END_TIMEOUT_MS, READY_TIMEOUT_MS, watchWith } from '../tool-window.ts';
import { withTracefs } from '../tracefs.ts';
import type { CallsWindow, WatchedCalls } from '../window.ts';
import { bpftraceProgram, PIECE_BYTES } from './program.ts';
import { BpftraceReader } from './reader.ts';
import { refusalOf } from './refusal.ts';

const MAX_RECORD_BYTES = 128 * 1024 * 1024;
const MAX_LOG_BYTES = 192 * 1024 * 1024;
/** Newer versions count the length in front of a buffer as a part of it. */
const LENGTH_BYTES = 8;
/** Pages of each CPU's buffer between the kernel and bpftrace: 4 MiB. */
const BUFFER_PAGES = 1024;

/** Watches processes with bpftrace for a while. Never throws; where it cannot run, the reason is one line. */
export async function traceWithBpftrace(window: CallsWindow): Promise<WatchedCalls> {
  const { pids } = window;
  const machine = machineOf(process.arch);
  if (!machine) return failed(`the bpftrace tracer knows x86-64 and arm64, not ${process.arch}`);
  if (!isHostNamespace()) {
    return failed('bpftrace sees process ids of the host only; run perfcase outside of the container');
  }
  const narrow = pids.find((pid) => isNarrow(pid));
  if (narrow !== undefined) {
    return failed(`pid ${narrow} is a 32-bit program; the bpftrace tracer reads 64-bit programs only`);
  }
  const calls = watchedCalls(machine);
  const store = new RecordStore(MAX_RECORD_BYTES, window.maxCalls ?? MAX_CALLS);
  const reader = new BpftraceReader(store, calls);
  const limitMs = window.durationMs + READY_TIMEOUT_MS + END_TIMEOUT_MS;
  const program = bpftraceProgram({
    ...{ pids, calls, limitSeconds: Math.ceil(limitMs / 1000) },
    followForks: pids.every((pid) => sharesPidNamespace(pid)),
  });
  const offsetUs = epochOffsetUs();
  const run = await watchWith(
    {
      ...{ name: 'bpftrace', command: withTracefs(commandOf(program, limitMs)) },
      onOutput: (chunk) => reader.feed(chunk),
      isReady: () => reader.isReady,
      calls: () => store.records,
      isFull: () => store.isFull,
    },
    window,
  );
  if (run.end !== 'over') return failed(refusalOf(run.end, run.said));
  const open = reader.finish();
  const log = writeLog(store, { calls, epochOffsetUs: offsetUs, open, maxBytes: MAX_LOG_BYTES });
  return {
    ...{ status: 'captured', text: log.text, threads: log.threads, tracedMs: run.tracedMs },
    lost: reader.lost + log.cut,
    full: store.isFull || log.cut > 0,
    stuck: run.stuck,
  };
}

function commandOf(program: string, timeoutMs: number): CommandSpec {
  return {
    file: 'bpftrace',
    args: ['-B', 'full', '-e', program],
    // The older name of each setting, then the one of bpftrace 0.20 and later.
    env: {
      BPFTRACE_STRLEN: String(PIECE_BYTES),
      BPFTRACE_MAX_STRLEN: String(PIECE_BYTES + LENGTH_BYTES),
      BPFTRACE_PERF_RB_PAGES: String(BUFFER_PAGES),
    },
    timeoutMs,
    privilege: 'root',
    debianPackage: 'bpftrace',
  };
}

function failed(reason: string): WatchedCalls {
  return { status: 'failed', reason };
}
