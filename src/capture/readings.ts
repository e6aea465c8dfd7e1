import { parseCgroup } from '../probes/proc/cgroup.ts';
import { cgroupFiles } from '../probes/proc/cgroup-files.ts';
import { parseMountinfo } from '../probes/proc/mountinfo.ts';
import { networkNamespace, readProc } from '../probes/proc/read.ts';
import { captureProc } from '../probes/proc.ts';
import type { RawOutput } from './raw-capture.ts';
import type { LiveTarget } from './target.ts';

/** Network namespaces of clients that are read beside the target's own. */
const MAX_NAMESPACES = 4;

/** The kernel's counters are read three times: before the window, where its undisturbed part ends, and after it. */
export const MOMENTS = { before: 'proc before', undisturbed: 'proc', after: 'proc after' } as const;

/**
 * Files that count what befell the target: its control groups, its network namespace and those of its clients, the
 * machine's disks. With /proc/uptime, so that differences are rates.
 */
export function counterFiles(target: LiveTarget, clients: readonly number[]): string[] {
  return [
    'uptime',
    'diskstats',
    'vmstat',
    `${target.pid}/stat`,
    `${target.pid}/status`,
    ...namespacesOf(target, clients).flatMap((pid) => [`${pid}/net/snmp`, `${pid}/net/netstat`]),
    ...groupFilesOf(target.pid),
    '/sys/kernel/mm/transparent_hugepage/enabled',
  ];
}

/** One reading of these files, as the tools' outputs are kept. */
export function readFiles(source: string, files: readonly string[]): RawOutput {
  return { source, probe: 'proc', text: captureProc(files).text };
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
