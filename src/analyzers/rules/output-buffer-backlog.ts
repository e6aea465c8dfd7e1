import type { Evidence } from '../../core/finding.ts';
import type { ServerClientObservation } from '../../core/observation.ts';
import { plural, significant } from '../../core/units.ts';
import { type Channel, isFile } from '../derive/channel.ts';
import type { Trace } from '../derive/trace.ts';
import { callEvidence, evidenceOf, type Facts, type Sighting, seen } from '../facts.ts';
import { clear, countOf, found, insufficient, type Rule } from '../rule.ts';
import { serverCounters } from '../server-counters.ts';

const MIB = 2 ** 20;
/**
 * Replies wait in the server only when the socket is full, which holds some megabytes itself: whose backlog is as large
 * as this, and stays, does not keep up.
 */
const BACKLOG_BYTES = MIB;
/** From here on one look is enough: no burst of messages is so large. */
const LARGE_BYTES = 16 * MIB;
/** A client that asks and reads has a large reply under way at times. One that rests does not read it. */
const RESTS_SECONDS = 1;
/** Connections that the server ended itself while their sockets were full. */
const CUT_OFF = 2;
/** Sends that found the socket full, by which a log alone shows that a listener does not keep up. */
const BLOCKED_SENDS = 3;

type Row = Sighting<ServerClientObservation>;

/** Is there a client that does not read what it is sent? */
export const outputBufferBacklog: Rule = {
  id: 'output-buffer-backlog',
  question: 'Does a client not read its replies, so that they pile up in the server?',
  check(facts) {
    const rounds = clientRounds(facts);
    const last = rounds.at(-1) ?? [];
    const earlier = new Map((rounds.length > 1 ? rounds[0]! : []).map((row) => [row.item.id, row]));
    const stuck = last.filter((row) => isStuck(row, earlier.get(row.item.id)));
    if (stuck.length > 0) return backlog(facts, stuck, earlier);
    const cut = facts.trace ? cutOff(facts.trace) : [];
    if (cut.length >= CUT_OFF) return cutOffFinding(facts, cut);
    if (last.length > 0) {
      const most = Math.max(...last.map(({ item }) => item.outputBytes ?? 0));
      return clear(`${plural(last.length, 'client')}, at most ${size(most)} of replies wait for one`);
    }
    const behind = facts.trace ? listenersBehind(facts.trace) : [];
    if (behind.length > 0) return behindFinding(facts, behind);
    const connected = serverCounters(facts).last('connected_clients');
    return insufficient(
      connected === undefined
        ? (facts.configMissing ?? 'the server was not asked for its clients')
        : `the server has ${connected} clients, which were not listed`,
    );
  },
};

/** CLIENT LIST as it was before and after. */
function clientRounds(facts: Facts): Row[][] {
  const rounds = new Map<string, Row[]>();
  for (const row of seen(facts, 'server-client')) {
    const round = rounds.get(row.source);
    if (round) round.push(row);
    else rounds.set(row.source, [row]);
  }
  return [...rounds.values()];
}

/** A replica's buffer is large by design while it is being filled. */
function isStuck({ item }: Row, earlier: Row | undefined): boolean {
  const { outputBytes = 0, flags = '', idleSeconds = 0 } = item;
  if (outputBytes < BACKLOG_BYTES || flags.includes('S')) return false;
  const before = earlier?.item.outputBytes ?? 0;
  if (/[PO]/.test(flags)) return before >= BACKLOG_BYTES || outputBytes >= LARGE_BYTES;
  return idleSeconds >= RESTS_SECONDS || (outputBytes >= LARGE_BYTES && outputBytes >= 2 * before);
}

function backlog(facts: Facts, stuck: readonly Row[], earlier: ReadonlyMap<number | undefined, Row>) {
  const bytes = (rows: readonly (Row | undefined)[]) =>
    rows.reduce((sum, row) => sum + (row?.item.outputBytes ?? 0), 0);
  const waiting = bytes(stuck);
  const before = bytes(stuck.map(({ item }) => earlier.get(item.id)));
  const { seconds } = serverCounters(facts);
  const grown = seconds === undefined || earlier.size === 0 ? 0 : (waiting - before) / seconds;
  const worst = stuck.reduce((a, b) => (b.item.outputBytes! > a.item.outputBytes! ? b : a));
  const { id, flags = '', lastCommand } = worst.item;
  const kind = flags.includes('P') ? 'a subscriber' : flags.includes('O') ? 'a monitor' : 'a client';
  return found({
    id: 'output-buffer-backlog',
    severity: 'warning',
    confidence: 0.95,
    title: 'Replies pile up in the server: a client does not read them',
    why:
      `${plural(stuck.length, 'client')} left ${size(waiting)} of replies unread` +
      `${grown > 0 ? `, ${size(grown)} more each second` : ''}. The largest is ${kind}` +
      `${lastCommand === undefined ? '' : ` (last command ${lastCommand})`}; the server keeps it all in memory.`,
    measures: {
      clients: countOf(stuck.length),
      waiting: { value: Math.round((waiting / MIB) * 10) / 10, unit: 'MiB' },
      ...(grown > 0 ? { growth: { value: Math.round((grown / MIB) * 100) / 100, unit: 'MiB/s' } } : {}),
    },
    evidence: [
      ...(earlier.get(id) ? [evidenceOf(earlier.get(id)!)] : []),
      evidenceOf(worst),
      ...serverCounters(facts).evidence('mem_clients_normal'),
      ...blockedSends(facts, worst.item.fd),
    ],
    fix: {
      summary:
        'Mend or end the client that does not read; client-output-buffer-limit cuts such clients off by itself.',
      ...(id === undefined ? {} : { command: `CLIENT KILL ID ${id}` }),
      cost: 'It loses what it has not read, and has to connect again.',
    },
  });
}

function blockedSends(facts: Facts, fd: number | undefined): Evidence[] {
  const channel = facts.trace?.channels.find(
    ({ pid, fd: number, blocked }) => pid === facts.trace!.target && number === fd && blocked.length > 0,
  );
  return channel ? channel.blocked.slice(0, 1).map((call) => callEvidence(facts, call)) : [];
}

/** Connections that the server ended, not their clients, when their sockets were full. */
function cutOff({ channels, target }: Trace): Channel[] {
  return channels.filter(
    (channel) =>
      channel.pid === target &&
      channel.blocked.length > 0 &&
      channel.closed &&
      !channel.hungUp &&
      !isFile(channel),
  );
}

function cutOffFinding(facts: Facts, cut: readonly Channel[]) {
  return found({
    id: 'output-buffer-backlog',
    severity: 'warning',
    confidence: 0.85,
    title: 'Clients that do not read their replies are cut off',
    why: `The server ended ${plural(cut.length, 'connection')} whose sockets were full: they had left more replies unread than client-output-buffer-limit allows.`,
    measures: { cutOff: countOf(cut.length) },
    evidence: cut.slice(0, 3).map(({ blocked }) => callEvidence(facts, blocked.at(-1)!)),
    fix: {
      summary:
        'Let these clients read as they are sent to (smaller replies, an own thread for reading), or allow them a larger buffer.',
      command: 'CONFIG SET client-output-buffer-limit "pubsub 64mb 16mb 60"',
      cost: 'The server may need that much memory more for each of them.',
    },
  });
}

/** Connections that are sent to without asking, and whose sockets were full again and again. */
function listenersBehind({ channels, target }: Trace): Channel[] {
  return channels.filter(
    ({ pid, requestsIn, blocked }) => pid === target && requestsIn === 0 && blocked.length >= BLOCKED_SENDS,
  );
}

function behindFinding(facts: Facts, behind: readonly Channel[]) {
  return found({
    id: 'output-buffer-backlog',
    severity: 'warning',
    confidence: 0.6,
    title: 'A client that only listens does not keep up',
    why:
      `${plural(behind.length, 'connection')} got more than could be sent: the socket was full ` +
      `${plural(
        behind.reduce((sum, { blocked }) => sum + blocked.length, 0),
        'time',
      )}. How much waits in the server is not known, ` +
      `because ${facts.configMissing ?? 'it was not asked for its clients'}.`,
    measures: { connections: countOf(behind.length) },
    evidence: behind.slice(0, 3).map(({ blocked }) => callEvidence(facts, blocked[0]!)),
    fix: {
      summary: 'Find the client behind that connection, and let it read faster.',
      cost: 'A change of the client.',
    },
  });
}

function size(bytes: number): string {
  if (bytes >= MIB) return `${significant(bytes / MIB)} MiB`;
  return bytes >= 1024 ? `${significant(bytes / 1024)} KiB` : `${Math.round(bytes)} B`;
}
