import { splitAddress } from '../core/addresses.ts';
import type { ClientProcess } from '../core/finding.ts';
import type { TcpObservation } from '../core/observation.ts';
import { parseDescriptors } from '../probes/proc/fd.ts';
import { parseTcp } from '../probes/proc/net-tcp.ts';
import { listProcesses, networkNamespace, readDescriptors, readProc } from '../probes/proc/read.ts';
import { socketsOf } from '../probes/proc/sockets.ts';
import { commOf } from './target.ts';

/** A connection to the target, and the process behind it where it is on this machine. */
export interface Peer {
  readonly address: string;
  readonly pid?: number;
}

/**
 * Who is connected to the ports that a process listens on: the other end of each connection is looked up in every
 * network namespace of this machine, its inode in the descriptors of every process. Peers behind address translation
 * or on other machines have no pid. Peers that are `known` are not looked up again.
 */
export function findPeers(target: number, known: ReadonlyMap<string, Peer> = new Map()): Peer[] {
  const { listening, connections } = socketsOf(target);
  const ports = new Set(listening.map(({ localAddress }) => splitAddress(localAddress).port));
  const incoming = connections.filter(
    ({ state, localAddress, remoteAddress }) =>
      state === 'ESTABLISHED' && ports.has(splitAddress(localAddress).port) && !known.has(remoteAddress),
  );
  if (incoming.length === 0) return [];
  const wanted = new Map(incoming.map((each) => [`${each.remoteAddress} ${each.localAddress}`, each]));
  const inodes = new Map<number, TcpObservation>();
  for (const pid of onePidPerNamespace()) {
    for (const row of ['tcp', 'tcp6'].flatMap((name) => tcpOf(pid, name))) {
      const ours = wanted.get(`${row.localAddress} ${row.remoteAddress}`);
      if (ours && row.inode !== 0 && row.inode !== ours.inode) inodes.set(row.inode, ours);
    }
  }
  const owners = ownersOf(new Set(inodes.keys()));
  const pids = new Map([...inodes].map(([inode, { remoteAddress }]) => [remoteAddress, owners.get(inode)]));
  return incoming.map(({ remoteAddress }) => {
    const pid = pids.get(remoteAddress);
    return pid === undefined ? { address: remoteAddress } : { address: remoteAddress, pid };
  });
}

function onePidPerNamespace(): number[] {
  const first = new Map<string, number>();
  for (const pid of listProcesses()) {
    const namespace = networkNamespace(pid);
    if (namespace !== undefined && !first.has(namespace)) first.set(namespace, pid);
  }
  return [...first.values()];
}

function tcpOf(pid: number, name: string): TcpObservation[] {
  const read = readProc(`${pid}/net/${name}`);
  return read.status === 'captured' ? parseTcp(read.text).items : [];
}

function ownersOf(inodes: ReadonlySet<number>): Map<number, number> {
  const owners = new Map<number, number>();
  for (const pid of listProcesses()) {
    if (owners.size === inodes.size) break;
    const read = readDescriptors(pid);
    if (read.status !== 'captured') continue;
    for (const { inode } of parseDescriptors(read.text, pid).items) {
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, pid);
    }
  }
  return owners;
}

/** The peers as the report names them. */
export function describePeers(
  peers: readonly Peer[],
  containers: ReadonlyMap<number, string>,
): ClientProcess[] {
  return peers.map(({ address, pid }) => {
    const comm = pid === undefined ? undefined : commOf(pid);
    const container = pid === undefined ? undefined : containers.get(pid);
    return {
      address,
      ...(pid === undefined ? {} : { pid }),
      ...(comm === undefined ? {} : { comm }),
      ...(container === undefined ? {} : { container }),
    };
  });
}

/** The local client processes, those with most connections first. */
export function clientPids(peers: readonly Peer[]): number[] {
  const counts = new Map<number, number>();
  for (const { pid } of peers) if (pid !== undefined) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([pid]) => pid);
}
