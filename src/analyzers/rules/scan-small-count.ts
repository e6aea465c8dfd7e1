import { formatShare } from '../../core/units.ts';
import type { Command, Conversation } from '../derive/conversation.ts';
import { isPaced } from '../derive/pacing.ts';
import { timeOf } from '../derive/path-time.ts';
import { callEvidence, type Facts } from '../facts.ts';
import { clear, countOf, found, insufficient, ofConversation, type Rule, severityOf } from '../rule.ts';

/** A loop shorter than this is over in a few milliseconds whatever its COUNT. */
const LOOP = 20;
/** From here on a larger COUNT saves little: the cost of the round trip is spread over enough keys. */
const COUNT_THAT_IS_ENOUGH = 100;
/** SCAN's own default. */
const DEFAULT_COUNT = 10;

/** Does a client walk the keys in small steps, a round trip each? */
export const scanSmallCount: Rule = {
  id: 'scan-small-count',
  question: 'Does a client walk the keys with SCAN in small steps?',
  check: ofConversation((facts, trace) => {
    const loops = trace.conversations.map(smallScans).filter((scans) => scans.length > 0);
    const scans = loops.flat();
    const longest = Math.max(0, ...loops.map((each) => each.length));
    if (longest < LOOP) {
      const total = trace.commands.length;
      if (total < LOOP) return insufficient(`only ${total} commands were seen; a loop shows in ${LOOP}`);
      return clear(
        `${scans.length} SCAN calls with a COUNT below ${COUNT_THAT_IS_ENOUGH}, no loop of ${LOOP}`,
      );
    }
    return report(facts, scans);
  }),
};

/** SCANs with a small COUNT that go on from a cursor, not those that begin. */
function smallScans(conversation: Conversation): Command[] {
  return conversation.commands.filter((command) => {
    if (command.name !== 'SCAN') return false;
    const cursor = command.args[0]?.text;
    return cursor !== undefined && cursor !== '0' && countAsked(command) < COUNT_THAT_IS_ENOUGH;
  });
}

function countAsked(command: Command): number {
  const at = command.args.findIndex((arg) => arg.text?.toUpperCase() === 'COUNT');
  const asked = Number(command.args[at + 1]?.text);
  return at > 0 && asked > 0 ? asked : DEFAULT_COUNT;
}

function report(facts: Facts, scans: readonly Command[]) {
  const trace = facts.trace!;
  const conversations = [...new Set(scans.map((scan) => scan.conversation))];
  const time = timeOf(trace, conversations);
  const share = time && time.partsUs.scan / time.untracedUs;
  const asked = countAsked(scans[0]!);
  const paced = isPaced(scans, trace);
  return found({
    id: 'scan-small-count',
    severity: paced ? 'info' : severityOf(share),
    confidence: 0.95,
    title: 'SCAN walks the keys in small steps',
    why:
      `${scans.length} SCAN calls asked for ${asked} keys each${asked === DEFAULT_COUNT ? ', the default' : ''}; ` +
      `each is a round trip${share === undefined ? '' : `, together ${formatShare(share)} of the time`}.` +
      (paced ? ' The client rests between the steps: it looks like a job in the background.' : ''),
    ...(share === undefined ? {} : { share: Math.round(share * 1000) / 1000 }),
    measures: { scans: countOf(scans.length), countAsked: countOf(asked) },
    evidence: scans.slice(0, 2).map((command) => callEvidence(facts, command.call)),
    fix: {
      summary: `Give SCAN a larger COUNT, for example 1000: one round trip instead of ${Math.round(1000 / asked)}.`,
      command: 'SCAN cursor COUNT 1000',
      cost: 'Each call holds the server a little longer (about 0.1 to 0.5 ms for 1000 keys).',
    },
  });
}
