import { splitAddress } from '../../core/addresses.ts';
import { formatMs, formatShare, plural } from '../../core/units.ts';
import { netChange, type SocketPair, socketPairs, socketText } from '../network.ts';
import { clear, countOf, found, insufficient, type Rule, symptom } from '../rule.ts';

/**
 * Part of the segments that had to be sent again. Within a data centre it stays below a tenth of a percent; from one
 * percent on, one request of a hundred waits for a timer of at least 200 ms (TCP_RTO_MIN of Linux).
 */
const SHARE_THAT_MATTERS = 0.01;
const CRITICAL = 0.05;
/** Fewer are an accident. */
const SEGMENTS = 5;
/**
 * Between two processes of one machine nothing is lost unless a firewall drops it; but a reader that gets no CPU for
 * 200 ms makes the kernel send a few segments of a large reply again.
 */
const SEGMENTS_WITHIN_A_MACHINE = 50;

/** Is data lost on the way to or from the process, so that it has to be sent again? */
export const retransmits: Rule = {
  id: 'retransmits',
  question: 'Are segments lost on its connections, and sent again?',
  check(facts) {
    const again = netChange(facts, 'RetransSegs');
    const sent = netChange(facts, 'OutSegs');
    if (!again || !sent) return insufficient('the counters of its network namespace were not read twice');
    const together = `${again.by} of ${plural(sent.by, 'segment')} of its network namespace were sent again`;
    const connections = socketPairs(facts).filter(
      ({ last }) => last.item.state !== 'LISTEN' && last.item.retransmitted !== undefined,
    );
    // Where one client's way is bad, the busy connections of the others would hide it.
    const bad = connections.filter((each) => losesMuch([each]));
    const hit = bad.length > 0 ? bad : connections.filter((each) => retransmitted(each) > 0);
    const [lost, segments] = [sum(connections, retransmitted), sum(connections, segmentsOf)];
    if (bad.length === 0 && !losesMuch(connections)) {
      if (again.by < SEGMENTS || again.by / sent.by < SHARE_THAT_MATTERS)
        return clear(together, again.evidence);
      if (connections.length === 0)
        return insufficient(
          `${together}; on which connections is not known${facts.missing.has('ss') ? `: ${facts.missing.get('ss')}` : ''}`,
        );
      const part = formatShare(segments > 0 ? lost / segments : 0);
      return clear(
        `${lost} of ${plural(segments, 'segment')} on its ${plural(connections.length, 'connection')} (${part}); the others were of other processes, or of connections that ended`,
        again.evidence,
      );
    }
    const worst = connections.reduce((a, b) => (retransmitted(b) > retransmitted(a) ? b : a));
    const [lostThere, sentThere] = [sum(hit, retransmitted), sum(hit, segmentsOf)];
    const { rtoMs } = worst.last.item;
    const verdict = found({
      id: 'retransmits',
      severity: lostThere / sentThere >= CRITICAL ? 'critical' : 'warning',
      confidence: 0.9,
      title: 'Segments are lost and sent again',
      why:
        `${lostThere} of ${plural(sentThere, 'segment')} (${formatShare(lostThere / sentThere)}) were sent again on ${hit.length} of its ${plural(connections.length, 'connection')}: ` +
        `what was lost waits for a timer${rtoMs === undefined ? '' : ` (${formatMs(rtoMs)} on the worst connection)`} before it is sent again.`,
      measures: {
        retransmitted: countOf(lostThere),
        segments: countOf(sentThere),
        retransmittedShare: {
          value: Math.round((lostThere / sentThere) * 10_000) / 10_000,
          unit: 'fraction',
        },
        connections: countOf(hit.length),
      },
      evidence: [...lines(worst), ...again.evidence],
      fix: {
        summary:
          'Find where packets are lost: ethtool -S and ip -s link on both machines, limits and rules of the firewall (nft list ruleset), a link that is full.',
        cost: 'Depends on what loses them.',
      },
    });
    return symptom('backlog-overflow', 'clients that found no place in the listen queue sent again', verdict);
  },
};

function losesMuch(connections: readonly SocketPair[]): boolean {
  const lost = sum(connections, retransmitted);
  const least = connections.every(isWithinTheMachine) ? SEGMENTS_WITHIN_A_MACHINE : SEGMENTS;
  return lost >= least && lost / sum(connections, segmentsOf) >= SHARE_THAT_MATTERS;
}

function isWithinTheMachine({ last }: SocketPair): boolean {
  const { host } = splitAddress(last.item.localAddress);
  return host === splitAddress(last.item.remoteAddress).host || host.startsWith('127.');
}

function sum(connections: readonly SocketPair[], of: (each: SocketPair) => number): number {
  return connections.reduce((total, each) => total + of(each), 0);
}

function retransmitted({ first, last }: SocketPair): number {
  return Math.max(0, (last.item.retransmitted ?? 0) - (first?.item.retransmitted ?? 0));
}

function segmentsOf({ first, last }: SocketPair): number {
  return Math.max(0, (last.item.segmentsOut ?? 0) - (first?.item.segmentsOut ?? 0));
}

function lines({ first, last }: SocketPair) {
  return [...(first ? [first] : []), last].map((row) => ({
    ...{ source: row.source, line: row.item.line },
    text: `${socketText(row)}, retrans ${row.item.retransmitted}, segs_out ${row.item.segmentsOut}`,
  }));
}
