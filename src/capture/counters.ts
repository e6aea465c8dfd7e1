import { parseProcIo } from '../probes/proc/io.ts';
import { listThreads, readProc } from '../probes/proc/read.ts';
import { parseProcStat } from '../probes/proc/stat.ts';
import { parseVmstat } from '../probes/proc/vmstat.ts';
import type { RawCapture } from './raw-capture.ts';

/** Clock ticks a second: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Counters of a process at one moment. A counter that could not be read is absent. */
export interface Counters {
  /** performance.now(), milliseconds. */
  readonly atMs: number;
  /** Reads and writes (system calls) since the process began. */
  readonly calls?: number;
  /** CPU ticks of each thread. */
  readonly threads: ReadonlyMap<number, { readonly comm: string; readonly ticks: number }>;
  /** Nanoseconds that the main thread was ready to run and had no CPU. */
  readonly runDelayNs?: number;
  readonly swapIn?: number;
  readonly swapOut?: number;
}

/** A few reads of /proc: tens of microseconds, whatever the process does. */
export function readCounters(pid: number): Counters {
  const calls = callsOf(pid);
  const threads = new Map<number, { comm: string; ticks: number }>();
  // A process with very many threads is sampled by its first ones, the main thread among them.
  for (const tid of (listThreads(pid) ?? []).slice(0, 256)) {
    const read = readProc(`${pid}/task/${tid}/stat`);
    const stat = read.status === 'captured' ? parseProcStat(read.text).items[0] : undefined;
    if (stat) threads.set(tid, { comm: stat.comm, ticks: stat.userTicks + stat.systemTicks });
  }
  // https://docs.kernel.org/scheduler/sched-stats.html: time on CPU, time waiting on a run queue, timeslices
  const schedstat = readProc(`${pid}/schedstat`);
  const runDelayNs = schedstat.status === 'captured' ? Number(schedstat.text.split(' ')[1]) : Number.NaN;
  const vmstat = readProc('vmstat');
  const counters = vmstat.status === 'captured' ? parseVmstat(vmstat.text).items : [];
  const swapIn = counters.find((item) => item.name === 'pswpin')?.value;
  const swapOut = counters.find((item) => item.name === 'pswpout')?.value;
  return {
    atMs: performance.now(),
    ...(calls === undefined ? {} : { calls }),
    threads,
    ...(Number.isFinite(runDelayNs) ? { runDelayNs } : {}),
    ...(swapIn === undefined ? {} : { swapIn }),
    ...(swapOut === undefined ? {} : { swapOut }),
  };
}

function callsOf(pid: number): number | undefined {
  const read = readProc(`${pid}/io`);
  const io = read.status === 'captured' ? parseProcIo(read.text).items[0] : undefined;
  return io?.readCalls === undefined || io.writeCalls === undefined
    ? undefined
    : io.readCalls + io.writeCalls;
}

/** Reads and writes a second between two moments; undefined where they are not counted or too close. */
export function callRate(from: Counters, to: Counters): number | undefined {
  const seconds = (to.atMs - from.atMs) / 1000;
  if (from.calls === undefined || to.calls === undefined || seconds < 0.2) return undefined;
  return (to.calls - from.calls) / seconds;
}

/** How the target's threads used CPUs between two moments. */
export function cpuUse(pid: number, from: Counters, to: Counters): RawCapture['targetCpu'] {
  const seconds = (to.atMs - from.atMs) / 1000;
  let busiest: { tid: number; comm: string; ticks: number } | undefined;
  for (const [tid, { comm, ticks }] of to.threads) {
    const before = from.threads.get(tid);
    const used = before ? ticks - before.ticks : 0;
    if (before && (!busiest || used > busiest.ticks)) busiest = { tid, comm, ticks: used };
  }
  if (!busiest || seconds < 0.2) return undefined;
  const percent = (busiest.ticks / TICKS_PER_SECOND / seconds) * 100;
  const delayNs =
    from.runDelayNs === undefined || to.runDelayNs === undefined
      ? undefined
      : to.runDelayNs - from.runDelayNs;
  const delay =
    delayNs === undefined ? '' : `; ${pid}/schedstat: ran late by ${(delayNs / 1e6).toFixed(1)} ms`;
  return {
    busiestThreadPercent: percent,
    busiestThread: `thread ${busiest.tid} (${busiest.comm})`,
    ...(delayNs === undefined ? {} : { runDelayShare: Math.min(1, Math.max(0, delayNs / 1e9 / seconds)) }),
    seconds,
    text: `${pid}/task/${busiest.tid}/stat: ${busiest.ticks} CPU ticks in ${seconds.toFixed(1)} s${delay}`,
  };
}

/** Pages swapped between two moments. */
export function swapUse(from: Counters, to: Counters): RawCapture['swapped'] {
  if (from.swapIn === undefined || to.swapIn === undefined) return undefined;
  return {
    inPages: to.swapIn - from.swapIn,
    outPages: (to.swapOut ?? 0) - (from.swapOut ?? 0),
    seconds: (to.atMs - from.atMs) / 1000,
  };
}
