import { splitAddress } from '../core/addresses.ts';
import type { CommandSpec } from '../core/capture.ts';
import { inNetns } from '../probes/nsenter.ts';
import { parseCgroup } from '../probes/proc/cgroup.ts';
import { cgroupFiles } from '../probes/proc/cgroup-files.ts';
import { parseMountinfo } from '../probes/proc/mountinfo.ts';
import { networkNamespace, readProc } from '../probes/proc/read.ts';
import { socketsOf } from '../probes/proc/sockets.ts';
import { captureProc } from '../probes/proc.ts';
import { ssCommand } from '../probes/ss.ts';
import { runLocal } from '../runners/local.ts';
import type { RawOutput } from './raw-capture.ts';
import type { LiveTarget } from './target.ts';

/** Network namespaces of clients that are read beside the target's own. */
const MAX_NAMESPACES = 3;
/** Ports that ss is asked for; a filter of more gets long. */
const MAX_PORTS = 32;
/** ss answers in milliseconds. */
const SS_MS = 5000;

/** The kernel's counters are read three times: before the window, where its undisturbed part ends, and after it. */
export const MOMENTS = { before: 'proc before', undisturbed: 'proc', after: 'proc after' } as const;

/** What is read of a target at each of these moments. */
export interface ToRead {
  readonly files: readonly string[];
  /** ss, in each network namespace. */
  readonly sockets: readonly { readonly pid: number; readonly spec: CommandSpec }[];
}

/**
 * Files that count what befell the target: its control groups, its network namespace and those of its clients, the
 * machine's disks. With /proc/uptime, so that differences are rates. And its sockets, which ss alone shows whole.
 */
export function whatToRead(target: LiveTarget, clients: readonly number[]): ToRead {
  const namespaces = namespacesOf(target, clients);
  const ports = portsOf(target.pid);
  return {
    files: [
      ...['uptime', 'diskstats', 'vmstat', `${target.pid}/stat`, `${target.pid}/status`],
      ...namespaces.flatMap((pid) => [`${pid}/net/snmp`, `${pid}/net/netstat`]),
      ...groupFilesOf(target.pid),
      '/sys/kernel/mm/transparent_hugepage/enabled',
    ],
    sockets:
      ports.length === 0
        ? []
        : namespaces.map((pid) => ({ pid, spec: inside(pid, ssCommand(ports, SS_MS)) })),
  };
}

/** One reading of these files, as the tools' outputs are kept. */
export function readFiles(source: string, files: readonly string[]): RawOutput {
  return { source, probe: 'proc', text: captureProc(files).text };
}

/** One reading of the sockets. Where ss did not answer, its reason stands in `missing`. */
export async function readSockets(
  moment: 'before' | 'after',
  { sockets }: ToRead,
  signal: AbortSignal,
): Promise<{ outputs: RawOutput[]; missing: Record<string, string> }> {
  const outputs: RawOutput[] = [];
  const missing: Record<string, string> = {};
  for (const [at, { pid, spec }] of sockets.entries()) {
    const { status, stdout, reason } = await runLocal(spec, signal);
    const where = at === 0 ? '' : ` (${pid})`;
    if (status === 'captured') outputs.push({ source: `ss ${moment}${where}`, probe: 'ss', text: stdout });
    else missing[`ss${where}`] = reason ?? 'ss printed nothing';
  }
  return { outputs, missing };
}

function inside(pid: number, spec: CommandSpec): CommandSpec {
  return networkNamespace(pid) === networkNamespace('self') ? spec : inNetns(spec, pid);
}

/** Ports that the target listens on, then its ends of connections to others. */
function portsOf(pid: number): number[] {
  const { listening, connections } = socketsOf(pid);
  const ports = [...listening, ...connections].map(({ localAddress }) =>
    Number(splitAddress(localAddress).port),
  );
  return [...new Set(ports)].slice(0, MAX_PORTS);
}

/** The target, and a process in each other network namespace that a client is in. */
function namespacesOf(target: LiveTarget, clients: readonly number[]): number[] {
  const pids = new Map([[target.netns, target.pid]]);
  for (const pid of clients) {
    const namespace = networkNamespace(pid);
    if (namespace !== undefined && !pids.has(namespace)) pids.set(namespace, pid);
  }
  return [...pids.values()].slice(0, MAX_NAMESPACES + 1);
}

function groupFilesOf(pid: number): string[] {
  const groups = readProc(`${pid}/cgroup`);
  const mounts = readProc('self/mountinfo');
  if (groups.status !== 'captured' || mounts.status !== 'captured') return [];
  return cgroupFiles(parseCgroup(groups.text).items, parseMountinfo(mounts.text).items);
}
