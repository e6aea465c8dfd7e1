import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandSpec } from '../core/capture.ts';
import type { Overhead, TracerSummary } from '../core/finding.ts';
import { listThreads, readProc } from '../probes/proc/read.ts';
import { parseProcStatus } from '../probes/proc/status.ts';
import type { ServerAddress } from '../probes/redis.ts';
import type { TracerChoice } from '../tracers/ladder.ts';
import { type CallsPart, watchCalls } from './calls.ts';
import { Canary } from './canary.ts';
import { clientPids, describePeers, findPeers, type Peer } from './clients.ts';
import { callRate, cpuUse, readCounters, swapUse } from './counters.ts';
import { MAX_OVERHEAD } from './overhead.ts';
import type { RawCapture, RawOutput } from './raw-capture.ts';
import { MOMENTS, readFiles, readSockets, whatToRead } from './readings.ts';
import { askServer } from './server.ts';
import { commOf, containersOf, isAlive, type LiveTarget } from './target.ts';
import { runTools } from './tools.ts';

export interface LiveOptions {
  readonly durationMs: number;
  /** "none" reads /proc and the tools, and attaches nothing. */
  readonly tracer: TracerChoice | 'none';
  /** False leaves out top, iostat, pidstat and lsof: where only the requests are of interest. */
  readonly tools?: boolean;
  /** Also watch the client process with most connections, to see which HTTP request sends the commands. */
  readonly clients: boolean;
  readonly server: ServerAddress;
  /** Part of the target's time that watching may cost over the whole diagnosis, 0 to 1; MAX_OVERHEAD when absent. */
  readonly maxOverhead?: number;
  /** How this program is called again, for the part that runs inside a network namespace. */
  readonly self: readonly [string, ...string[]];
  readonly signal: AbortSignal;
  /** A command of a container engine as it has to be run, where containers are kept apart from the usual ones. */
  readonly engine?: (spec: CommandSpec) => CommandSpec;
  readonly progress: (line: string) => void;
  /** Called before anything is traced, with what was captured so far. The same outputs stand in the result. */
  readonly onUndisturbed?: (
    outputs: readonly RawOutput[],
    missing: Readonly<Record<string, string>>,
  ) => Promise<void>;
}

/** The part of the window in which nothing is attached: what the machine and the target do undisturbed. */
const UNTRACED_PART = 0.3;
const UNTRACED_MAX_MS = 5000;
/** Attaching to each thread costs the process a stop; a client with more threads than this is left alone. */
const MAX_CLIENT_THREADS = 64;

/**
 * Watches a live process: first undisturbed, with top, iostat, pidstat and /proc, then with a tracer.
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
    `watching ${target.comm} (pid ${target.pid}) for ${(untracedMs / 1000).toFixed(1)} s undisturbed${options.tools === false ? '' : ': top, iostat, pidstat, lsof'}`,
  );
  const canary = traced && answer.address ? await Canary.start(target.pid, answer.address) : undefined;
  const peers = new Map<string, Peer>();
  const lookForPeers = () => {
    // Our own connection to the server is no client of it.
    for (const peer of findPeers(target.pid, peers)) {
      if (peer.pid !== process.pid) peers.set(peer.address, peer);
    }
  };
  lookForPeers();
  const everything = whatToRead(target, clientPids([...peers.values()]));
  const toRead = options.tools === false ? { ...everything, sockets: [] } : everything;
  const sockets = await readSockets('before', toRead, signal);
  outputs.push(...sockets.outputs);
  Object.assign(missing, sockets.missing);
  const from = readCounters(target.pid);
  outputs.push(readFiles(MOMENTS.before, toRead.files));
  const [tools] = await Promise.all([
    options.tools === false
      ? { outputs: [], missing: {} }
      : runTools(target, clientPids([...peers.values()]), untracedMs, signal, toRead.files),
    sleep(untracedMs, undefined, { signal }).catch(() => undefined),
  ]);
  const to = readCounters(target.pid);
  const undisturbedUntil = new Date().toISOString();
  outputs.push(...tools.outputs);
  Object.assign(missing, tools.missing);
  await options.onUndisturbed?.(outputs, missing);
  lookForPeers();
  const watched = options.clients ? watchable(clientPids([...peers.values()])) : [];
  const named = containersOf([target.pid, ...clientPids([...peers.values()])], signal, options.engine);

  const calls: CallsPart = otherTracer
    ? { straceMissing: `${otherTracer.comm} (pid ${otherTracer.pid}) is attached to it already` }
    : !isAlive(target)
      ? { straceMissing: 'it ended before it was traced' }
      : await watchCalls(target, {
          ...options,
          ...{ tracedMs, untracedMs, watched, untracedRate: callRate(from, to) },
          maxOverhead: options.maxOverhead ?? MAX_OVERHEAD,
          ...(canary ? { ownFds: [canary.fd] } : {}),
        });
  if (traced) outputs.push(readFiles(MOMENTS.after, toRead.files));
  outputs.push(...(await readSockets('after', toRead, signal)).outputs);
  const ping = await canary?.end(calls.spans ?? []);
  // What the server counts says more as a difference.
  if (answer.text !== undefined && isAlive(target) && !signal.aborted) {
    const again = await askServer(target, options.server, options.self, signal);
    if (again.text !== undefined) outputs.push({ probe: 'redis', source: 'redis#2', text: again.text });
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
    endedAt: calls.endedAt ?? undisturbedUntil,
    seconds: Math.round((untracedMs + (calls.tracedMs ?? 0)) / 100) / 10,
    outputs: [...outputs, ...(calls.outputs ?? [])],
    ...(calls.strace ? { strace: calls.strace } : {}),
    ...(calls.straceMissing === undefined ? {} : { straceMissing: calls.straceMissing }),
    ...(calls.tracer ? { tracer: withPing(calls.tracer, ping) } : {}),
    ...(answer.missing === undefined ? {} : { configMissing: answer.missing }),
    missing,
    ...(cpu ? { targetCpu: cpu } : {}),
    ...(swapped ? { swapped } : {}),
    clients: describePeers([...peers.values()], names),
    ...(otherTracer ? { otherTracer } : { untraced: true }),
    ...(isAlive(target) ? {} : { ended: true }),
  };
}

function withPing(tracer: TracerSummary, ping: Overhead['ping']): TracerSummary {
  return tracer.overhead && ping ? { ...tracer, overhead: { ...tracer.overhead, ping } } : tracer;
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
