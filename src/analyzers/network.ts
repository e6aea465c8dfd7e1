import type { NetCounterObservation, Observation, TcpSocketObservation } from '../core/observation.ts';
import { type Change, changeOf } from './change.ts';
import { type Facts, type Sighting, seen } from './facts.ts';

/** A counter of the target's network namespace. */
export function netChange(facts: Facts, name: string): Change<NetCounterObservation> | undefined {
  return netChangeOf(facts, name, facts.target.pid);
}

/** The same of the namespace that a process is in, as far as it was read. */
export function netChangeOf(
  facts: Facts,
  name: string,
  pid: number | undefined,
): Change<NetCounterObservation> | undefined {
  return changeOf(facts, {
    is: (item: Observation): item is NetCounterObservation =>
      item.kind === 'net-counter' && item.name === name && item.pid === pid,
    value: (item) => item.value,
    name: (item) => `/proc/${pid}/net: ${item.protocol} ${item.name}`,
  });
}

/** A socket in two readings of ss: the first is absent for one that was opened in between. */
export interface SocketPair {
  readonly first?: Sighting<TcpSocketObservation>;
  readonly last: Sighting<TcpSocketObservation>;
}

/** The sockets of the last reading of each network namespace, beside what they were in the first. */
export function socketPairs(facts: Facts): SocketPair[] {
  const rows = seen(facts, 'tcp-socket');
  const before = new Map(
    rows.filter(({ source }) => isBefore(source)).map((row) => [keyOf(row, row.source), row]),
  );
  return rows
    .filter(({ source }) => !isBefore(source))
    .map((last) => {
      const first = before.get(keyOf(last, last.source.replace('after', 'before')));
      return first ? { first, last } : { last };
    });
}

const isBefore = (source: string): boolean => source.includes('before');

function keyOf({ item }: Sighting<TcpSocketObservation>, source: string): string {
  return `${source} ${item.state === 'LISTEN' ? 'L' : ''} ${item.localAddress} ${item.remoteAddress}`;
}

/** "LISTEN 512 511 0.0.0.0:6379 0.0.0.0:* d17": a row of ss in one line. */
export function socketText({ item }: Sighting<TcpSocketObservation>): string {
  const { state, receiveQueue, sendQueue, localAddress, remoteAddress } = item;
  return [state, receiveQueue, sendQueue, localAddress, remoteAddress].join(' ');
}
