import type { Evidence } from '../../core/finding.ts';
import { plural } from '../../core/units.ts';
import type { Facts } from '../facts.ts';
import { netChange, type SocketPair, socketPairs, socketText } from '../network.ts';
import { clear, countOf, found, insufficient, notApplicable, perSecond, type Rule } from '../rule.ts';

/** Each costs a client a second or more: it has to try again (RFC 6298). One alone may be somebody who scans ports. */
const TURNED_AWAY = 2;
/** From here on whole groups of clients wait, each for seconds. */
const CRITICAL = 50;

/** Do clients wait because the queue of connections that the process has not accepted is full? */
export const backlogOverflow: Rule = {
  id: 'backlog-overflow',
  question: 'Are connections turned away because the listen queue is full?',
  check(facts) {
    const overflows = netChange(facts, 'ListenOverflows');
    const listeners = socketPairs(facts).filter(({ last }) => last.item.state === 'LISTEN');
    if (!overflows)
      return insufficient(
        facts.missing.get('ss') ?? 'the counters of its network namespace were not read twice',
      );
    const turned = `${plural(overflows.by, 'connection')} turned away in ${overflows.seconds.toFixed(1)} s`;
    if (overflows.by === 0 && listeners.length === 0) return clear(turned, overflows.evidence);
    if (listeners.length === 0) {
      const why = facts.missing.get('ss');
      return why === undefined
        ? notApplicable('it listens on no TCP port')
        : insufficient(`${turned} in its network namespace, by whom is not known: ${why}`);
    }
    const fullest = listeners.reduce((a, b) => (part(b) > part(a) ? b : a));
    const { receiveQueue, sendQueue } = fullest.last.item;
    const worst = listeners.reduce((a, b) => (dropped(b) > dropped(a) ? b : a));
    const drops = Math.min(dropped(worst), overflows.by);
    const said = `${turned}; the fullest listen queue held ${receiveQueue} of ${sendQueue}`;
    const evidence = [...overflows.evidence, ...lines(fullest)];
    if (drops < TURNED_AWAY) {
      return overflows.by < TURNED_AWAY || listeners.every(({ last }) => last.item.drops !== undefined)
        ? clear(overflows.by > 0 ? `${said}, and none of them was its own` : said, evidence)
        : insufficient(`${turned} in its network namespace, but which listener's they were is not known`);
    }
    return report(facts, worst, drops, overflows.seconds, [...overflows.evidence, ...lines(worst)]);
  },
};

function report(
  facts: Facts,
  { last }: SocketPair,
  drops: number,
  seconds: number,
  evidence: readonly Evidence[],
) {
  const { localAddress, receiveQueue, sendQueue } = last.item;
  const directive = facts.config.get('tcp-backlog');
  return found({
    id: 'backlog-overflow',
    severity: drops >= CRITICAL ? 'critical' : 'warning',
    confidence: 0.95,
    title: 'New connections are turned away: the listen queue is full',
    why:
      `${plural(drops, 'connection')} to ${localAddress} found no place in its queue of ${sendQueue} (${receiveQueue} wait now): ` +
      'each of these clients tries again after a second, then after two, four …',
    measures: {
      turnedAway: countOf(drops),
      turnedAwayPerSec: perSecond(drops, seconds),
      queue: countOf(receiveQueue),
      queueLimit: countOf(sendQueue),
    },
    evidence,
    fix: {
      summary:
        `Make the queue longer: the backlog that the process gives to listen${directive ? ' (tcp-backlog)' : ''}, and net.core.somaxconn, which caps it. ` +
        'If the queue stays full, the process accepts too slowly: look for what holds it up, and keep connections open in clients.',
      cost: 'A restart of the process. Clients in a longer queue wait there instead.',
    },
  });
}

function dropped({ first, last }: SocketPair): number {
  return (last.item.drops ?? 0) - (first?.item.drops ?? 0);
}

function part({ last }: SocketPair): number {
  return last.item.receiveQueue / Math.max(1, last.item.sendQueue);
}

function lines({ first, last }: SocketPair) {
  return [...(first ? [first] : []), last].map((row) => ({
    ...{ source: row.source, line: row.item.line },
    text: `${socketText(row)}${row.item.drops === undefined ? '' : `, ${row.item.drops} dropped`}`,
  }));
}
