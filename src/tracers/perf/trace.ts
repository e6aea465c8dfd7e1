import { availableParallelism } from 'node:os';
import type { CaptureOutcome, CommandSpec } from '../../core/capture.ts';
import { runLocal } from '../../runners/local.ts';
import { epochOffsetUs } from '../clock.ts';
import { MAX_CALLS } from '../limits.ts';
import { machineOf, type WatchedCall, watchedCalls } from '../log/calls.ts';
import { writeLog } from '../log/log-text.ts';
import { RecordStore } from '../log/record-store.ts';
import { isNarrow } from '../processes.ts';
import { END_TIMEOUT_MS, READY_TIMEOUT_MS, watchWith } from '../tool-window.ts';
import { withTracefs } from '../tracefs.ts';
import type { CallsWindow, WatchedCalls } from '../window.ts';
import { PerfReader } from './reader.ts';
import { refusalOf } from './refusal.ts';
import { PerfStream } from './stream.ts';

const MAX_RECORD_BYTES = 128 * 1024 * 1024;
const MAX_LOG_BYTES = 192 * 1024 * 1024;
/** Two samples a call of at most 150 bytes each, and what perf says of the machine. */
const MAX_STREAM_BYTES = 64 * 1024 * 1024;
/** Memory between the kernel and perf, over all CPUs, and the most and least that one CPU gets. A page has 4 KiB. */
const BUFFER_PAGES = 16_384;
const SCRIPT_TIMEOUT_MS = 30_000;
const INTERRUPTED_TIMEOUT_MS = 3000;

/**
 * Watches processes with `perf record` for a while; when it is over, `perf script` makes text of what was recorded.
 * (`perf trace` would print the calls at once, and wake up for each of them: it takes four fifths of a busy server's
 * throughput.) Nothing is written to a file. Never throws; where it cannot run, the reason is one line.
 */
export async function traceWithPerf(window: CallsWindow): Promise<WatchedCalls> {
  const machine = machineOf(process.arch);
  if (!machine) return failed(`the perf tracer knows x86-64 and arm64, not ${process.arch}`);
  const narrow = window.pids.find((pid) => isNarrow(pid));
  if (narrow !== undefined) {
    return failed(`pid ${narrow} is a 32-bit program; the perf tracer reads 64-bit programs only`);
  }
  const calls = watchedCalls(machine);
  const maxCalls = window.maxCalls ?? MAX_CALLS;
  const stream = new PerfStream();
  const offsetUs = epochOffsetUs();
  const run = await watchWith(
    {
      ...{ name: 'perf', command: withTracefs(recordCommand(window, calls)) },
      onOutput: (chunk) => {
        if (stream.bytes < MAX_STREAM_BYTES) stream.feed(chunk);
      },
      isReady: () => stream.isBegun,
      calls: () => stream.samples / 2,
      isFull: () => stream.samples / 2 >= maxCalls || stream.bytes >= MAX_STREAM_BYTES,
    },
    window,
  );
  if (run.end !== 'over' || !stream.isBegun) return failed(refusalOf(run.end, run.said));
  // Who interrupted the window waits for its end, and not for long.
  const timeoutMs = window.signal.aborted ? INTERRUPTED_TIMEOUT_MS : SCRIPT_TIMEOUT_MS;
  const script = await runLocal(withTracefs(scriptCommand(Buffer.concat(stream.chunks), timeoutMs)));
  if (script.status !== 'captured') return failed(unreadable(script));
  const store = new RecordStore(MAX_RECORD_BYTES, maxCalls);
  const reader = new PerfReader(store, calls);
  for (const line of script.stdout.split('\n')) reader.line(line);
  const log = writeLog(store, {
    ...{ calls, epochOffsetUs: offsetUs, maxBytes: MAX_LOG_BYTES },
    open: store.isFull ? [] : reader.open(),
  });
  return {
    ...{ status: 'captured', text: log.text, threads: log.threads, tracedMs: run.tracedMs },
    lost: reader.lost + log.cut,
    full: store.isFull || log.cut > 0 || stream.bytes >= MAX_STREAM_BYTES,
    stuck: run.stuck,
  };
}

function recordCommand({ pids, durationMs }: CallsWindow, calls: readonly WatchedCall[]): CommandSpec {
  const filter = calls.map(({ number }) => `id==${number}`).join('||');
  const pages = 2 ** Math.floor(Math.log2(BUFFER_PAGES / availableParallelism()));
  return {
    file: 'perf',
    args: [
      ...['record', '--output', '-', '--no-buildid', '--clockid', 'CLOCK_MONOTONIC'],
      ...['--mmap-pages', String(Math.min(2048, Math.max(64, pages))), '--pid', pids.join(',')],
      ...['--event', 'raw_syscalls:sys_enter', '--filter', filter],
      ...['--event', 'raw_syscalls:sys_exit', '--filter', filter],
    ],
    timeoutMs: durationMs + READY_TIMEOUT_MS + END_TIMEOUT_MS,
    privilege: 'root',
    debianPackage: 'linux-perf',
  };
}

function scriptCommand(input: Uint8Array, timeoutMs: number): CommandSpec {
  return {
    file: 'perf',
    args: ['script', '--input', '-', '--ns', '--show-lost-events', '--fields', 'pid,tid,time,event,trace'],
    ...{ timeoutMs, debianPackage: 'linux-perf', input },
  };
}

function unreadable({ stderr, reason }: CaptureOutcome): string {
  const said = stderr.trim().split('\n').at(-1);
  return `perf script could not read what perf recorded (${(said || reason || 'no reason').slice(0, 160)})`;
}

function failed(reason: string): WatchedCalls {
  return { status: 'failed', reason };
}
