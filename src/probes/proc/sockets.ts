import type { TcpObservation, UnixSocketObservation } from '../../core/observation.ts';
import { parseDescriptors } from './fd.ts';
import { parseTcp } from './net-tcp.ts';
import { parseUnixSockets } from './net-unix.ts';
import { PROC_ROOT, readDescriptors, readProc } from './read.ts';

/** The sockets that a process holds, in its own network namespace. */
export interface ProcessSockets {
  readonly listening: readonly TcpObservation[];
  readonly connections: readonly TcpObservation[];
  /** Paths are those of the process's own root directory. */
  readonly unixListening: readonly UnixSocketObservation[];
  /** Why something could not be read. */
  readonly reasons: readonly string[];
}

/** Matches the process's descriptors with the sockets of its namespace by inode. */
export function socketsOf(pid: number, root = PROC_ROOT): ProcessSockets {
  const reasons: string[] = [];
  const text = (read: ReturnType<typeof readProc>): string => {
    if (read.status === 'captured') return read.text;
    // Without IPv6 there is no tcp6; that is no failure.
    if (read.status !== 'absent' || !read.path.includes('/net/')) reasons.push(read.reason);
    return '';
  };
  const held = new Set(
    parseDescriptors(text(readDescriptors(pid, root)), pid).items.map((item) => item.inode),
  );
  const isHeld = (socket: { readonly inode: number }) => socket.inode !== 0 && held.has(socket.inode);
  const tcp = ['tcp', 'tcp6'].flatMap((name) => parseTcp(text(readProc(`${pid}/net/${name}`, root))).items);
  const unix = parseUnixSockets(text(readProc(`${pid}/net/unix`, root))).items;
  return {
    listening: tcp.filter((socket) => socket.state === 'LISTEN' && isHeld(socket)),
    connections: tcp.filter((socket) => socket.state !== 'LISTEN' && isHeld(socket)),
    unixListening: unix.filter((socket) => socket.listening && isHeld(socket)),
    reasons,
  };
}
