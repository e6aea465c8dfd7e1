import type { Verdict } from '../core/finding.ts';
import {
  type CommandCounts,
  commandCounts,
  describeShape,
  type ScratchShape,
  scratchShape,
} from './command-counts.ts';
import type { Command, Conversation } from './derive/conversation.ts';
import type { Trace } from './derive/trace.ts';
import { callEvidence, type Facts } from './facts.ts';
import { countOf, found, insufficient } from './rule.ts';

/** The counters and one connection agree so far in how much was written. */
const AGREES = 0.2;

/**
 * `write-in-read-path` where commands are unknown. The server's counters alone may look like a query that writes, and
 * prove nothing: it is only said. Where the calls were seen without their bytes, a single connection may show the
 * order: it reads and writes by turns, and as often as the counters say. Then only the values are unknown.
 */
export function judgeUnseenWrites(facts: Facts, missing: Verdict): Verdict {
  if (missing.kind !== 'insufficient') return missing;
  const counts = commandCounts(facts);
  const shape = counts && scratchShape(counts);
  if (!counts || !shape) return missing;
  const { trace } = facts;
  const writer = trace?.bytesMissing ? alternatingOf(trace) : undefined;
  const because = `the server's counters (${describeShape(shape, counts)}) look like a query that writes, and do not prove one`;
  if (!trace || !writer || !agrees(writer, shape)) return insufficient(`${missing.because}; ${because}`);
  return report(facts, { counts, shape, writer, missing: missing.because });
}

interface Alternating {
  readonly reads: readonly Command[];
  readonly writes: readonly Command[];
  /** Commands on all connections. */
  readonly all: number;
}

/** The connection with most requests that waited for an append to be synced. */
function alternatingOf({ exchanges }: Trace): Alternating | undefined {
  let best: Alternating | undefined;
  const all = exchanges.reduce((sum, { commands }) => sum + commands.length, 0);
  for (const exchange of exchanges) {
    const writes = exchange.commands.filter((command) => command.heldBy.length > 0);
    if (writes.length > (best?.writes.length ?? 0)) {
      best = { writes, reads: readsBetween(exchange), all };
    }
  }
  return best;
}

/** Requests that waited for nothing, with a write after them on the same connection. */
function readsBetween({ commands }: Conversation): Command[] {
  const last = commands.findLastIndex(({ heldBy }) => heldBy.length > 0);
  return commands.slice(0, Math.max(0, last)).filter(({ heldBy }) => heldBy.length === 0);
}

/** Whether the connection did nearly all of it, in the proportion that the counters have. */
function agrees({ reads, writes, all }: Alternating, shape: ScratchShape): boolean {
  const seen = writes.length / (reads.length + writes.length);
  const told = shape.fills / (shape.fills + shape.reads + shape.walks);
  return (reads.length + writes.length) / all >= 1 - AGREES && Math.abs(seen - told) <= AGREES;
}

function report(
  facts: Facts,
  {
    counts,
    shape,
    writer,
    missing,
  }: { counts: CommandCounts; shape: ScratchShape; writer: Alternating; missing: string },
): Verdict {
  const write = writer.writes[0]!;
  const before = writer.reads.findLast(({ call }) => call.line < write.call.line);
  const syncs = write.heldBy.slice(0, 1).map(({ call }) => callEvidence(facts, call));
  return found({
    id: 'write-in-read-path',
    severity: 'warning',
    confidence: 0.7,
    title: 'A query writes: the server is used as a scratch pad',
    why:
      `One connection reads and writes by turns: ${writer.reads.length} requests that waited for nothing, and between ` +
      `them ${writer.writes.length} that waited for a sync. By the server's counters these were ${describeShape(shape, counts)}: ` +
      `keys are walked and read, and ${shape.fill} collects what is found. The values were not seen (${missing}).`,
    measures: { reads: countOf(writer.reads.length), writes: countOf(writer.writes.length) },
    evidence: [
      ...(before ? [callEvidence(facts, before.call)] : []),
      callEvidence(facts, write.call),
      ...syncs,
      ...shape.names.slice(0, 4).flatMap((name) => counts.evidence(name).slice(-1)),
    ],
    fix: {
      summary: 'Keep what the query collects in the memory of the application; read many keys with one MGET.',
      cost: 'No durability is lost; a change of the application, not of the server.',
    },
  });
}
