import { readFileSync } from 'node:fs';
import { splitAddress } from '../core/addresses.ts';
import type { CommandSpec } from '../core/capture.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { ContainerObservation } from '../core/observation.ts';
import { findContainer, runningContainers } from '../probes/containers.ts';
import { parseCgroup } from '../probes/proc/cgroup.ts';
import { parseTcp } from '../probes/proc/net-tcp.ts';
import { listProcesses, networkNamespace, readProc } from '../probes/proc/read.ts';
import { socketsOf } from '../probes/proc/sockets.ts';
import { parseProcStat } from '../probes/proc/stat.ts';
import { parseProcStatus } from '../probes/proc/status.ts';
import { runLocal } from '../runners/local.ts';

/** How a user names the process to watch: exactly one of these. */
export interface TargetRequest {
  readonly pid?: number;
  readonly container?: string;
  /** A TCP port that the process listens on, in this network namespace. */
  readonly port?: number;
}

export interface LiveTarget {
  readonly pid: number;
  readonly comm: string;
  readonly commandLine: string;
  /** Clock ticks since boot: tells the process from a later one with its number. */
  readonly startTicks?: number;
  readonly netns?: string;
  readonly container?: string;
}

/**
 * Finds the process, and refuses what cannot be watched.
 * @throws UserError with one line that says what failed and what to try
 */
export async function findTarget(request: TargetRequest, signal: AbortSignal): Promise<LiveTarget> {
  const named = [request.pid, request.container, request.port].filter((each) => each !== undefined).length;
  if (named !== 1)
    throw new UserError('say which process to watch: one of --pid N, --container NAME, --port N.');
  if (request.container !== undefined) return inContainer(request.container, signal);
  return describe(request.pid ?? listenerOn(request.port!));
}

async function inContainer(name: string, signal: AbortSignal): Promise<LiveTarget> {
  const answers = await findContainer(name, (spec) => runLocal(spec, signal));
  const container = answers.containers[0];
  if (!container) {
    throw new UserError(
      `no container is called "${name}" (${answers.reasons.join('; ') || 'no engine knows it'}); "docker ps" or "podman ps" lists them.`,
    );
  }
  if (container.pid === undefined) throw new UserError(`container ${name} does not run; start it first.`);
  return { ...describe(serverIn(container.pid)), container: container.name };
}

/** A container's first process may be a shell that started the server: then the listening descendant is meant. */
function serverIn(first: number): number {
  if (socketsOf(first).listening.length > 0) return first;
  const children = new Map<number, number[]>();
  for (const pid of listProcesses()) {
    const parent = parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const queue = [first];
  for (const pid of queue) {
    if (socketsOf(pid).listening.length > 0) return pid;
    queue.push(...(children.get(pid) ?? []));
  }
  return first;
}

/** Whether the process is still the one that was found. */
export function isAlive({ pid, startTicks }: LiveTarget): boolean {
  const read = readProc(`${pid}/stat`);
  const stat = read.status === 'captured' ? parseProcStat(read.text).items[0] : undefined;
  return (
    stat !== undefined &&
    !/[ZX]/.test(stat.state) &&
    (startTicks === undefined || stat.startTicks === startTicks)
  );
}

function startOf(pid: number): { startTicks?: number } {
  const read = readProc(`${pid}/stat`);
  const startTicks = read.status === 'captured' ? parseProcStat(read.text).items[0]?.startTicks : undefined;
  return startTicks === undefined ? {} : { startTicks };
}

function parentOf(pid: number): number | undefined {
  const read = readProc(`${pid}/stat`);
  return read.status === 'captured' ? parseProcStat(read.text).items[0]?.parentPid : undefined;
}

function listenerOn(port: number): number {
  const own = networkNamespace('self');
  let denied = 0;
  for (const pid of listProcesses()) {
    const namespace = networkNamespace(pid);
    if (own !== undefined && namespace !== own) {
      if (namespace === undefined) denied++;
      continue;
    }
    const sockets = socketsOf(pid);
    if (sockets.listening.some(({ localAddress }) => splitAddress(localAddress).port === String(port)))
      return pid;
    if (sockets.reasons.length > 0) denied++;
  }
  if (denied > 0 && isListening(port)) {
    throw new UserError(
      `somebody listens on port ${port}, but the processes of other users may not be looked at; try as root.`,
      EXIT.inconclusive,
    );
  }
  throw new UserError(
    `no process listens on port ${port} in this network namespace. A server in a container is named with --container or --pid.`,
  );
}

function isListening(port: number): boolean {
  return ['tcp', 'tcp6'].some((name) => {
    const read = readProc(`self/net/${name}`);
    const rows = read.status === 'captured' ? parseTcp(read.text).items : [];
    return rows.some(
      ({ state, localAddress }) => state === 'LISTEN' && splitAddress(localAddress).port === String(port),
    );
  });
}

function describe(pid: number): LiveTarget {
  const read = readProc(`${pid}/status`);
  const status = read.status === 'captured' ? parseProcStatus(read.text).items[0] : undefined;
  if (read.status === 'denied')
    throw new UserError(`pid ${pid} may not be looked at; try as root.`, EXIT.inconclusive);
  if (!status?.name) throw new UserError(`no process has pid ${pid}; "ps -e" lists them.`);
  if (status.state === 'Z' || status.state === 'X') {
    throw new UserError(
      `pid ${pid} (${status.name}) has ended and only waits to be collected; nothing can be watched.`,
    );
  }
  const group = status.tgid ?? pid;
  if (group === process.pid) throw new UserError(`pid ${pid} is perfcase itself; name the server's process.`);
  if (isKernelThread(group)) {
    throw new UserError(`pid ${pid} (${status.name}) is a thread of the kernel, which no tracer can watch.`);
  }
  const netns = networkNamespace(group);
  return {
    pid: group,
    comm: status.name,
    commandLine: commandLineOf(group),
    ...startOf(group),
    ...(netns === undefined ? {} : { netns }),
  };
}

/** PF_KTHREAD of linux/sched.h in the ninth field of proc_pid_stat(5). By pid it cannot be told: in a namespace anybody has 2. */
function isKernelThread(pid: number): boolean {
  const read = readProc(`${pid}/stat`);
  if (read.status !== 'captured') return false;
  const flags = Number(read.text.slice(read.text.lastIndexOf(') ') + 2).split(' ')[6]);
  return (flags & 0x0020_0000) !== 0;
}

/** Empty for a kernel thread, and for a process that may not be looked at. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Command name of a process, as the kernel has it; undefined when it is gone. */
export function commOf(pid: number): string | undefined {
  const read = readProc(`${pid}/comm`);
  return read.status === 'captured' ? read.text.trim() : undefined;
}

/** Whether a process looks as if it ran in a container: an engine's cgroup, or namespaces other than ours. */
export function looksContained(pid: number): boolean {
  const read = readProc(`${pid}/cgroup`);
  if (read.status === 'captured' && parseCgroup(read.text).items.some((item) => item.containerId))
    return true;
  return networkNamespace(pid) !== networkNamespace('self');
}

/**
 * Name of the container that each process runs in. Engines that are not installed are passed over.
 * @param engine how an engine's command reaches the containers, where they are kept apart from the usual ones
 */
export async function containersOf(
  pids: readonly number[],
  signal: AbortSignal,
  engine: (spec: CommandSpec) => CommandSpec = (spec) => spec,
): Promise<{ names: Map<number, string>; containers: readonly ContainerObservation[] }> {
  const names = new Map<number, string>();
  if (!pids.some(looksContained)) return { names, containers: [] };
  const { containers } = await runningContainers(async (command) => ({
    ...(await runLocal(engine(command), signal)),
    command,
  }));
  for (const pid of pids) {
    const name = containerNameOf(pid, containers);
    if (name !== undefined) names.set(pid, name);
  }
  return { names, containers };
}

function containerNameOf(pid: number, containers: readonly ContainerObservation[]): string | undefined {
  const read = readProc(`${pid}/cgroup`);
  const ids =
    read.status === 'captured' ? parseCgroup(read.text).items.flatMap((item) => item.containerId ?? []) : [];
  const byId = containers.find(({ id }) => ids.some((each) => each.startsWith(id) || id.startsWith(each)));
  if (byId) return byId.name;
  // Without a cgroup of its own: the container whose first process is this one or its ancestor.
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parentOf(at)) {
    const found = containers.find((container) => container.pid === at);
    if (found) return found.name;
  }
  return undefined;
}
