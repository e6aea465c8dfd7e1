import type { Parsed } from '../../core/capture.ts';
import type { TcpObservation } from '../../core/observation.ts';
import { isDecoration, type Line, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { whole } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/PID/net/tcp and tcp6, the sockets of that process's network namespace:
 * https://docs.kernel.org/networking/proc_net_tcp.html
 *
 *     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *      0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000   100        0 15447972 1 …
 *
 * An address is printed as 32-bit words in the byte order of the machine, of which Node runs on little-endian ones
 * (and on s390x, where these addresses would come out reversed).
 */

const STATES: readonly string[] = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
];

const ROW =
  /^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+([0-9A-F]{2})\s+([0-9A-F]{8}):([0-9A-F]{8})\s+\S+\s+([0-9A-F]{8})\s+(\d+)\s+\d+\s+(\d+)/;

/** Sockets in the order of the file. Addresses are "127.0.0.1:6379", "[::1]:6379"; IPv4 within IPv6 as IPv4. */
export function parseTcp(text: string): Parsed<TcpObservation> {
  const items: TcpObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text) || /^\s*sl\s/.test(line.text)) continue;
    const item = readRow(line);
    if (item) items.push(item);
    else notes.add(line, 'no row of a socket');
  }
  return { items, problems: notes.done() };
}

function readRow(line: Line): TcpObservation | undefined {
  const match = ROW.exec(line.text);
  if (!match) return undefined;
  const [, local, localPort, remote, remotePort, state, tx, rx, retransmits, uid, inode] = match;
  const [owner, node] = [whole(uid), whole(inode)];
  if (owner === undefined || node === undefined) return undefined;
  return {
    kind: 'tcp',
    ...seen(line),
    localAddress: endpoint(local!, localPort!),
    remoteAddress: endpoint(remote!, remotePort!),
    state: STATES[Number.parseInt(state!, 16) - 1] ?? `state ${state}`,
    inode: node,
    uid: owner,
    txQueueBytes: Number.parseInt(tx!, 16),
    rxQueueBytes: Number.parseInt(rx!, 16),
    retransmits: Number.parseInt(retransmits!, 16),
  };
}

function endpoint(hex: string, port: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [6, 4, 2, 0].map((at) => byteAt(word, at)));
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255;
  const ipv4 = bytes.length === 4 ? bytes : mapped && bytes[11] === 255 ? bytes.slice(12) : undefined;
  return `${ipv4 ? ipv4.join('.') : `[${ipv6(bytes)}]`}:${Number.parseInt(port, 16)}`;
}

function byteAt(word: string, at: number): number {
  return Number.parseInt(word.slice(at, at + 2), 16);
}

/** RFC 5952: the longest run of zero groups becomes "::". */
function ipv6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16),
  );
  const runs = groups.join(':').match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const [before, after] = splitOnce(groups.join(':'), longest);
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

function splitOnce(text: string, part: string): [string, string] {
  const at = new RegExp(`(?:^|:)${part}(?:$|:)`).exec(text)!;
  return [text.slice(0, at.index), text.slice(at.index + at[0].length)];
}
