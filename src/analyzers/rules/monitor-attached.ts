import type { Evidence } from '../../core/finding.ts';
import { callEvidence, evidenceOf, type Facts, seen } from '../facts.ts';
import { clear, countOf, found, insufficient, needsConversation, perSecond, type Rule } from '../rule.ts';

/** From here on, repeating each command to somebody costs what serving commands costs. */
const BUSY_PER_SECOND = 1000;
/** Less cannot tell that nobody is told: a server without commands has nothing to repeat. */
const ENOUGH = 20;

/** Does somebody watch every command with MONITOR? */
export const monitorAttached: Rule = {
  id: 'monitor-attached',
  question: 'Does a client watch every command with MONITOR?',
  check(facts) {
    // The server may have been asked twice; the last answer counts.
    const answers = seen(facts, 'server-client');
    const listed = answers.filter(
      ({ item, source }) => source === answers.at(-1)!.source && item.flags?.includes('O'),
    );
    if (listed.length > 0) return report(facts, listed.length, listed.map(evidenceOf));
    const missing = needsConversation(facts);
    if (missing) return missing;
    const { commands, monitorFeeds } = facts.trace!;
    const asked = commands.filter(({ name }) => name === 'MONITOR');
    if (asked.length > 0) {
      return report(
        facts,
        asked.length,
        asked.map(({ call }) => callEvidence(facts, call)),
      );
    }
    if (monitorFeeds.length > 0) {
      const fds = new Set(monitorFeeds.map(({ fd }) => fd));
      return report(
        facts,
        fds.size,
        monitorFeeds.slice(0, 2).map((call) => callEvidence(facts, call)),
      );
    }
    if (commands.length < ENOUGH)
      return insufficient(`only ${commands.length} commands were seen; a loop shows in ${ENOUGH}`);
    return clear(`none of ${commands.length} commands was repeated to a MONITOR`);
  },
};

function report({ trace }: Facts, monitors: number, evidence: readonly Evidence[]) {
  const rate = trace?.seconds ? trace.commands.length / trace.seconds : undefined;
  return found({
    id: 'monitor-attached',
    severity: (rate ?? 0) >= BUSY_PER_SECOND ? 'warning' : 'info',
    confidence: 0.95,
    title: 'A client watches every command with MONITOR',
    why:
      `${monitors === 1 ? 'One connection is' : `${monitors} connections are`} told of every command` +
      `${rate === undefined ? '' : `, ${Math.round(rate)} a second`}: the server writes each of them once more for each.`,
    measures: {
      monitors: countOf(monitors),
      ...(trace?.seconds ? { commandsPerSec: perSecond(trace.commands.length, trace.seconds) } : {}),
    },
    evidence: evidence.slice(0, 3),
    fix: {
      summary:
        'End the MONITOR; CLIENT LIST shows it with the flag O. The slow log and LATENCY cost nothing.',
      command: 'CLIENT KILL ID id',
      cost: 'Whoever watches sees nothing any more.',
    },
  });
}
