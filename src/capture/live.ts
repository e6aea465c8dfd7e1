import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandSpec } from '../core/capture.ts';
import { plural } from '../core/units.ts';
import { iostatProbe } from '../probes/iostat.ts';
import { inNetns } from '../probes/nsenter.ts';
import { pidstatProbe } from '../probes/pidstat.ts';
import { listThreads, networkNamespace, readDescriptors, readProc } from '../probes/proc/read.ts';
import { parseProcStatus } from '../probes/proc/status.ts';
import { captureProc } from '../probes/proc.ts';
import type { ServerAddress } from '../probes/redis.ts';
import { refusesPerCpu, topProbe } from '../probes/top.ts';
import { runLocal } from '../runners/local.ts';
import { type TracerChoice, traceCalls } from '../tracers/ladder.ts';
import { clientPids, describePeers, findPeers, type Peer } from './clients.ts';
import { type Counters, callRate, cpuUse, readCounters, swapUse } from './counters.ts';
import type { RawCapture, RawOutput } from './raw-capture.ts';
import { askServer } from './server.ts';
import { commOf, containersOf, type LiveTarget } from './target.ts';

export interface LiveOptions {
  readonly durationMs: number;
  /** "none" reads /proc and the tools, and attaches nothing. */
  readonly tracer: TracerChoice | 'none';
  /** Also watch the client process with most connections, to see which HTTP request sends the commands. */
  readonly clients: boolean;
  readonly server: ServerAddress;
  /** How this program is called again, for the part that runs inside a network namespace. */
  readonly self: readonly [string, ...string[]];
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** The part of the window in which nothing is attached: what the machine and the target do undisturbed. */
const UNTRACED_PART = 0.3;
const UNTRACED_MAX_MS = 5000;
/** Attaching to each thread costs the process a stop; a client with more threads than this is left alone. */
const MAX_CLIENT_THREADS = 64;

/**
 * Watches a live process: first undisturbed, with top, iostat, pidstat and /proc, then with strace.
 * Never throws for what could not be captured: each part that is missing carries its reason.
 */
export async function captureLive(target: LiveTarget, options: LiveOptions): Promise<RawCapture> {
  const { durationMs, signal, progress } = options;
  const startedAt = new Date().toISOString();
  const missing: Record<string, string> = {};
  const outputs: RawOutput[] = [];
  const otherTracer = findTracer(target.pid);
  const traced = options.tracer !== 'none' && !otherTracer;
  const untracedMs = traced
    ? Math.min(UNTRACED_MAX_MS, Math.max(1000, durationMs * UNTRACED_PART))
    : durationMs;
  const tracedMs = Math.max(500, durationMs - untracedMs);

  const answer = await askServer(target, options.server, options.self, signal);
  if (answer.text !== undefined) outputs.push({ probe: 'redis', source: 'redis', text: answer.text });

  progress(
    `watching ${target.comm} (pid ${target.pid}) for ${(untracedMs / 1000).toFixed(1)} s undisturbed: top, iostat, pidstat, lsof`,
  );
  const peers = new Map<string, Peer>();
  const lookForPeers = () => {
    // Our own connection to the server is no client of it.
    for (const peer of findPeers(target.pid, peers)) {
      if (peer.pid !== process.pid) peers.set(peer.address, peer);
    }
  };
  lookForPeers();
  const from = readCounters(target.pid);
  const [tools] = await Promise.all([
    runTools(target, clientPids([...peers.values()]), untracedMs, signal),
    sleep(untracedMs, undefined, { signal }).catch(() => undefined),
  ]);
  const to = readCounters(target.pid);
  let endedAt = new Date().toISOString();
  outputs.push(...tools.outputs);
  Object.assign(missing, tools.missing);
  lookForPeers();
  const watched = options.clients ? watchable(clientPids([...peers.values()])) : [];
  const named = containersOf([target.pid, ...clientPids([...peers.values()])], signal);

  let strace: RawCapture['strace'];
  let straceMissing: string | undefined;
  let tracer: RawCapture['tracer'];
  let watchedMs = untracedMs;
  if (otherTracer) straceMissing = `${otherTracer.comm} (pid ${otherTracer.pid}) is attached to it already`;
  else if (options.tracer === 'none') straceMissing = 'no tracer was asked for (--tracer none)';
  else if (!signal.aborted) {
    const pids = [target.pid, ...watched];
    const threads = threadsOf(pids);
    for (const pid of pids) outputs.push(...descriptorsOf(pid));
    progress(
      `tracing ${plural(threads.length, 'thread')} of ${describe(target.pid, watched)}${options.tracer === 'auto' ? '' : ` with ${options.tracer}`} for ${(tracedMs / 1000).toFixed(1)} s`,
    );
    let attached: Counters | undefined;
    let last: Counters | undefined;
    const trace = await traceCalls(
      options.tracer,
      {
        pids,
        durationMs: tracedMs,
        signal,
        onAttached: () => {
          attached = readCounters(target.pid);
        },
        onWindowEnd: () => {
          last = readCounters(target.pid);
          endedAt = new Date().toISOString();
        },
      },
      (reason, next) => progress(`${reason}; ${next} instead`),
    );
    if (trace.status === 'failed') straceMissing = trace.reason;
    else {
      // Shorter when the target or the tracer ended before its time.
      watchedMs += Math.min(tracedMs, trace.tracedMs);
      const before = callRate(from, to);
      const during = attached && last && callRate(attached, last);
      const slowdown = before && during ? Math.max(1, before / during) : undefined;
      strace = {
        text: trace.text,
        threads: [...threads, ...threadsOf(pids), ...(trace.threads ?? [])],
        ...(slowdown === undefined ? {} : { slowdown }),
      };
      tracer = {
        name: trace.tracer,
        events: countLines(trace.text),
        ...(trace.lost === undefined ? {} : { lost: trace.lost }),
        ...(slowdown === undefined
          ? {}
          : {
              overhead: {
                fraction: Math.round((1 - 1 / slowdown) * 1000) / 1000,
                how: 'reads and writes a second, measured against an untraced window of the same run',
              },
            }),
      };
      for (const sentence of trace.stuck) progress(`warning: ${sentence}`);
      if (trace.full) progress('the log reached its limit; the window ended early');
    }
  }
  lookForPeers();
  const { names } = await named;
  const container = target.container ?? names.get(target.pid);
  const cpu = cpuUse(target.pid, from, to);
  const swapped = swapUse(from, to);
  return {
    target: {
      pid: target.pid,
      comm: target.comm,
      ...(container === undefined ? {} : { container }),
      ...(target.netns === undefined ? {} : { netns: target.netns }),
      ...(answer.server ? { server: answer.server } : {}),
    },
    startedAt,
    endedAt,
    seconds: Math.round(watchedMs / 100) / 10,
    outputs,
    ...(strace ? { strace } : {}),
    ...(straceMissing === undefined ? {} : { straceMissing }),
    ...(tracer ? { tracer } : {}),
    ...(answer.missing === undefined ? {} : { configMissing: answer.missing }),
    missing,
    ...(cpu ? { targetCpu: cpu } : {}),
    ...(swapped ? { swapped } : {}),
    clients: describePeers([...peers.values()], names),
    ...(otherTracer ? { otherTracer } : { untraced: true }),
    ...(isGone(target.pid) ? { ended: true } : {}),
  };
}

async function runTools(
  target: LiveTarget,
  clients: readonly number[],
  durationMs: number,
  signal: AbortSignal,
): Promise<{ outputs: RawOutput[]; missing: Record<string, string> }> {
  const elsewhere = target.netns !== undefined && target.netns !== networkNamespace('self');
  const pids = [target.pid, ...clients.slice(0, 16)].join(',');
  const inside: CommandSpec = {
    ...{
      file: 'lsof',
      args: ['-nP', '+c0', '-a', '-i', '-p', pids],
      timeoutMs: 10_000,
      debianPackage: 'lsof',
    },
  };
  const timeoutMs = durationMs + 10_000;
  const runs: [source: string, probe: string, spec: CommandSpec][] = [
    ['top', 'top', topProbe.command({ durationMs, timeoutMs })],
    ['iostat', 'iostat', iostatProbe.command({ durationMs, timeoutMs })],
    ['pidstat', 'pidstat', pidstatProbe.command({ durationMs, timeoutMs })],
    [
      'lsof',
      'lsof',
      {
        file: 'lsof',
        args: ['-nP', '+c0', '-p', String(target.pid)],
        timeoutMs: 10_000,
        debianPackage: 'lsof',
      },
    ],
    ...(elsewhere || clients.length > 0
      ? [
          ['lsof -i', 'lsof', elsewhere ? inNetns(inside, target.pid) : inside] as [
            string,
            string,
            CommandSpec,
          ],
        ]
      : []),
  ];
  const missing: Record<string, string> = {};
  const outputs: RawOutput[] = [];
  await Promise.all(
    runs.map(async ([source, probe, spec]) => {
      let outcome = await runLocal(spec, signal);
      if (source === 'top' && outcome.status === 'failed' && refusesPerCpu(outcome.stderr)) {
        outcome = await runLocal(topProbe.command({ durationMs, timeoutMs, perCpu: false }), signal);
      }
      // lsof ends with 1 when one of several processes has nothing to list.
      if (outcome.stdout !== '') outputs.push({ source, probe, text: outcome.stdout });
      else missing[source] = outcome.reason ?? `${source} printed nothing`;
    }),
  );
  const proc = captureProc([
    'diskstats',
    'pressure/cpu',
    'pressure/memory',
    'pressure/io',
    'meminfo',
    `${target.pid}/io`,
  ]);
  outputs.push({ source: 'proc', probe: 'proc', text: proc.text });
  return { outputs, missing };
}

function descriptorsOf(pid: number): RawOutput[] {
  const read = readDescriptors(pid);
  return read.status === 'captured' ? [{ source: 'proc', probe: 'proc-fd', text: read.text, pid }] : [];
}

/** The first client with few enough threads, that is not this program or what started it. */
function watchable(pids: readonly number[]): number[] {
  const own = new Set([process.pid, process.ppid, 1]);
  const found = pids.find((pid) => {
    const threads = listThreads(pid)?.length ?? Number.POSITIVE_INFINITY;
    return !own.has(pid) && threads <= MAX_CLIENT_THREADS && !findTracer(pid);
  });
  return found === undefined ? [] : [found];
}

function threadsOf(pids: readonly number[]): [number, number][] {
  return pids.flatMap((pid) => (listThreads(pid) ?? []).map((tid): [number, number] => [tid, pid]));
}

function describe(target: number, clients: readonly number[]): string {
  return [target, ...clients].map((pid) => `${commOf(pid) ?? 'process'} (${pid})`).join(' and ');
}

function findTracer(pid: number): RawCapture['otherTracer'] {
  const read = readProc(`${pid}/status`);
  const status = read.status === 'captured' ? parseProcStatus(read.text).items[0] : undefined;
  if (!status?.tracerPid) return undefined;
  return {
    pid: status.tracerPid,
    comm: commOf(status.tracerPid) ?? 'a tracer',
    text: `/proc/${pid}/status: TracerPid: ${status.tracerPid}`,
  };
}

function isGone(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return true;
  const read = readProc(`${pid}/status`);
  return read.status === 'captured' && /[ZX]/.test(parseProcStatus(read.text).items[0]?.state ?? '');
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
