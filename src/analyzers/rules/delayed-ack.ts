import { formatMs, formatShare, plural, quantile } from '../../core/units.ts';
import type { Pause } from '../derive/pauses.ts';
import { callEvidence, type Facts, seen } from '../facts.ts';
import { netChangeOf } from '../network.ts';
import {
  clear,
  countOf,
  found,
  insufficient,
  milliseconds,
  notApplicable,
  ofTrace,
  type Rule,
  severityOf,
} from '../rule.ts';

/** Linux acknowledges after 40 ms at the earliest when it has nothing to send (TCP_DELACK_MIN); timers run a little late. */
const FROM_US = 38_000;
const TO_US = 50_000;
/** Fewer are an accident. */
const PAUSES = 10;
/** Of the answered requests on these connections. Less is a client that thinks for so long now and then. */
const PART = 0.3;
/** Delayed acknowledgements that the kernel counted, for each pause that was seen. */
const COUNTED = 0.5;

/** Do small messages wait for an acknowledgement that the other side holds back? */
export const delayedAck: Rule = {
  id: 'delayed-ack',
  question: 'Do messages in pieces wait 40 ms for a delayed acknowledgement?',
  check: ofTrace((facts, trace) => {
    const turns = trace.pieces.filter(({ answered }) => answered > 0);
    const answered = turns.reduce((sum, each) => sum + each.answered, 0);
    if (turns.length === 0) return notApplicable('it answered nobody on a connection while it was watched');
    if (answered < PAUSES)
      return insufficient(`only ${plural(answered, 'answer')}; a pattern shows in ${PAUSES}`);
    const hit = turns.filter((each) => each.pauses.filter(isDelayed).length >= PART * each.answered);
    const pauses = hit.flatMap((each) => each.pauses.filter(isDelayed));
    const all = turns.flatMap((each) => each.pauses.filter(isDelayed)).length;
    const said = `${all} of ${plural(answered, 'answer')} stood behind a pause of 40 ms between pieces of a message`;
    if (pauses.length < PAUSES) return clear(said);
    const counted = delayedAcks(facts);
    if (!counted) return insufficient(`${said}, but delayed acknowledgements were not counted`);
    if (counted.by < COUNTED * pauses.length)
      return insufficient(
        `${said}, but only ${counted.by} acknowledgements were delayed on this machine; the other side may have delayed them`,
      );
    const waited = pauses.reduce((sum, { us }) => sum + us, 0);
    const time = hit.reduce((sum, each) => sum + (each.lastUs! - each.firstUs!), 0);
    const share = Math.round(Math.min(1, waited / time) * 1000) / 1000;
    const sender =
      pauses.filter(({ side }) => side === 'in').length * 2 >= pauses.length ? 'the client' : 'the process';
    return found({
      id: 'delayed-ack',
      severity: severityOf(share),
      confidence: 0.9,
      title: 'Messages in pieces wait for a delayed acknowledgement',
      why:
        `On ${plural(hit.length, 'connection')} ${sender} sends a message in several small writes. The second waits until the first is acknowledged (Nagle), ` +
        `and the other side waits 40 ms with that: ${pauses.length} pauses of ${formatMs(
          quantile(
            pauses.map(({ us }) => us),
            0.5,
          )! / 1000,
        )}, ${formatShare(share)} of the time there.`,
      share,
      measures: {
        pauses: countOf(pauses.length),
        pauseP50: milliseconds(
          quantile(
            pauses.map(({ us }) => us),
            0.5,
          )!,
        ),
        delayedAcks: countOf(counted.by),
      },
      evidence: [
        callEvidence(facts, pauses[0]!.from),
        callEvidence(facts, pauses[0]!.to),
        ...counted.evidence,
      ],
      fix: {
        summary: `Let ${sender} write a message at once (one buffer, writev), or set TCP_NODELAY on its sockets.`,
        cost: 'A change of the program. With TCP_NODELAY and many small writes, more packets.',
      },
    });
  }),
};

const isDelayed = ({ us }: Pause): boolean => us >= FROM_US && us <= TO_US;

/** In the namespace that delayed most of them: the target's, or that of a client. */
function delayedAcks(facts: Facts) {
  const pids = new Set(seen(facts, 'net-counter').map(({ item }) => item.pid));
  return [...pids]
    .flatMap((pid) => netChangeOf(facts, 'DelayedACKs', pid) ?? [])
    .sort((a, b) => b.by - a.by)[0];
}
