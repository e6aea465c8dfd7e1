import { formatMs, formatShare, plural } from '../../core/units.ts';
import type { Command } from '../derive/conversation.ts';
import type { Flood } from '../derive/floods.ts';
import type { Trace } from '../derive/trace.ts';
import { callEvidence } from '../facts.ts';
import { clear, countOf, found, insufficient, milliseconds, ofConversation, type Rule } from '../rule.ts';

/** Pipelines are good up to some hundred commands: the documentation of Redis suggests batches of at most 10,000. */
const MANY_COMMANDS = 1000;
/** Between two looks at the other clients the server works on one full buffer; a command by itself waits microseconds. */
const TURN_US = 500;
/** From here on a turn is as long as a command that others notice. */
const LONG_TURN_US = 2000;
/** Less often, the others seldom meet it. */
const SHARE = 0.1;
const LARGE_SHARE = 0.3;
/** Commands of other clients that came meanwhile; with fewer, nobody waits: a bulk load at a quiet hour. */
const OTHERS = 5;
const ENOUGH = 20;

/** Does one connection send so much in one go that the others wait behind it? */
export const hugePipeline: Rule = {
  id: 'huge-pipeline',
  question: 'Does a connection send thousands of commands in one go while others wait?',
  check: ofConversation((facts, trace) => {
    const bursts = trace.floods.flatMap((flood) => burstOf(trace, flood) ?? []);
    const huge = bursts.filter(({ commands }) => commands >= MANY_COMMANDS);
    if (huge.length === 0) {
      if (trace.commands.length < ENOUGH)
        return insufficient(`only ${trace.commands.length} commands were seen; a loop shows in ${ENOUGH}`);
      const most = Math.max(0, ...bursts.map(({ commands }) => commands));
      return clear(
        most > 0
          ? `at most about ${most} commands came in one go`
          : `no connection sent more at once than one read takes, among ${trace.commands.length} commands`,
      );
    }
    if (trace.seconds === undefined) return insufficient('the log has no times');
    const us = huge.reduce((sum, burst) => sum + burst.us, 0);
    const share = Math.min(1, us / 1e6 / trace.seconds);
    const turnUs = us / huge.reduce((sum, { flood }) => sum + flood.reads, 0);
    const others = huge.flatMap((burst) => othersIn(trace, burst));
    const largest = huge.reduce((a, b) => (b.commands > a.commands ? b : a));
    const said =
      `${plural(huge.length, 'burst')} of up to about ${largest.commands} commands on one connection, ` +
      `${formatShare(share)} of the time watched; ${plural(others.length, 'command')} of other clients came meanwhile`;
    if (others.length < OTHERS || share < SHARE || turnUs < TURN_US) return clear(said);
    return found({
      id: 'huge-pipeline',
      severity: turnUs >= LONG_TURN_US || share >= LARGE_SHARE ? 'warning' : 'info',
      confidence: 0.85,
      title: 'One connection sends thousands of commands in one go, and the others wait behind it',
      why:
        `${said}. Each time, the server works for ${formatMs(turnUs / 1000)} (mean) on a full buffer before it looks at the others, ` +
        'and keeps all the replies in memory until they are read.',
      measures: {
        bursts: countOf(huge.length),
        commands: countOf(largest.commands),
        turn: milliseconds(turnUs),
        serverHeld: { value: Math.round(share * 1000) / 10, unit: '%' },
      },
      evidence: [
        callEvidence(facts, largest.flood.first),
        ...(largest.flood.last === largest.flood.first ? [] : [callEvidence(facts, largest.flood.last)]),
        ...others.slice(0, 1).map(({ call }) => callEvidence(facts, call)),
      ],
      fix: {
        summary: 'Send a hundred commands or so, read their replies, and only then send the next.',
        cost: 'The whole batch takes some round trips more.',
      },
    });
  }),
};

interface Burst {
  readonly flood: Flood;
  /** By the bytes, and the size of those commands that were seen whole. */
  readonly commands: number;
  readonly us: number;
}

/** Undefined where the commands' size is not known: what came may be one large value. */
function burstOf({ conversations }: Trace, flood: Flood): Burst | undefined {
  const { first, last, channel, bytes } = flood;
  const { startUs, durationUs = 0 } = last;
  if (first.startUs === undefined || startUs === undefined) return undefined;
  const seen = conversations.find((each) => each.channel === channel)?.commands.filter(isWhole) ?? [];
  if (seen.length === 0) return undefined;
  const size = seen.reduce((sum, command) => sum + wireBytes(command), 0) / seen.length;
  return { flood, commands: Math.round(bytes / size), us: startUs + durationUs - first.startUs };
}

const isWhole = ({ args }: Command): boolean => args.every(({ length }) => length !== undefined);

/** What a command takes on the wire: "*2\r\n$3\r\nGET\r\n$1\r\na\r\n". */
function wireBytes({ name, args }: Command): number {
  const bulk = (length: number) => `$${length}\r\n`.length + length + 2;
  return (
    `*${args.length + 1}\r\n`.length +
    args.reduce((sum, { length }) => sum + bulk(length!), bulk(name.length))
  );
}

function othersIn({ commands }: Trace, { flood, us }: Burst): Command[] {
  const from = flood.first.startUs!;
  return commands.filter(
    ({ conversation, atUs }) =>
      conversation.channel !== flood.channel && atUs !== undefined && atUs >= from && atUs <= from + us,
  );
}
