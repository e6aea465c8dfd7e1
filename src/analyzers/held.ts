import type { Evidence, Finding, Severity, Verdict } from '../core/finding.ts';
import { formatMs, formatShare, quantile } from '../core/units.ts';
import { hasConstantCost } from './derive/command-table.ts';
import type { Command } from './derive/conversation.ts';
import { timeOf } from './derive/path-time.ts';
import type { Trace } from './derive/trace.ts';
import { callEvidence, type Facts } from './facts.ts';
import { lossOf } from './losses.ts';
import { clear, countOf, found, insufficient, milliseconds } from './rule.ts';

/** Fewer commands say nothing about those that were not seen. */
const ENOUGH = 20;
/**
 * A command that holds a single-threaded server for so long is noticed by everybody else. The slow log of Redis begins
 * at the same 10 ms (slowlog-log-slower-than).
 */
export const SLOW_US = 10_000;
/** One late command may have lost its CPU for a while; from here on it did not. */
const ONCE_US = 50_000;
/** So many late commands of constant cost for each late culprit, and it is the machine that makes them late. */
const LATE_OTHERS = 0.25;
/** Less often, it may be chance. */
const OFTEN = 3;
/** From this part of the window on, the other clients wait for the command often enough to be noticed. */
const NOTICED_SHARE = 0.02;

/** What some commands did to the one thread that serves everybody. Times in microseconds. */
export interface Held extends Stops {
  /** Those that took long, the worst first. */
  readonly slow: readonly { readonly command: Command; readonly us: number }[];
  readonly medianUs: number;
  /** Most connections that had work waiting afterwards; 0 when the log does not tell. */
  readonly waiting: number;
}

/**
 * The commands that `isCulprit` picks and that took `fromUs` or longer, unless commands of constant cost were late too:
 * then the thread had no CPU, and nothing is said of the commands. Of one whose answer was not seen, nobody knows when it
 * was done.
 */
export function heldBy(
  trace: Trace,
  isCulprit: (command: Command) => boolean,
  fromUs = SLOW_US,
): Held | undefined {
  const slow: { command: Command; us: number }[] = [];
  let waiting = 0;
  let lateOthers = 0;
  let unanswered = 0;
  for (const execution of trace.executions) {
    const us = execution.us / execution.commands.length;
    if (us < fromUs) continue;
    const culprits = execution.commands.filter(isCulprit);
    for (const command of culprits) {
      if (command.reply) slow.push({ command, us });
      else unanswered++;
    }
    if (culprits.length > 0) waiting = Math.max(waiting, execution.waiting ?? 0);
    else if (execution.commands.every(({ name, args }) => hasConstantCost(name, args))) lateOthers++;
  }
  if (slow.length === 0 || lateOthers > slow.length * LATE_OTHERS) return undefined;
  // Where calls are missing from the log, what seems to take long stands before such a place.
  if (lossOf(trace) !== undefined && unanswered > slow.length * LATE_OTHERS) return undefined;
  slow.sort((a, b) => b.us - a.us);
  const times = slow.map(({ us }) => us);
  const stops = stopsOf(times, trace.seconds);
  if (slow.length < OFTEN && stops.worstUs < Math.min(ONCE_US, fromUs * 5)) return undefined;
  return { ...stops, slow, medianUs: quantile(times, 0.5)!, waiting };
}

/** Why no such command held the server, or why that cannot be said. `what` names the commands: "KEYS". */
export function notHeld(trace: Trace, what: string, isCulprit: (command: Command) => boolean): Verdict {
  const seen = trace.commands.filter(isCulprit).length;
  const total = trace.commands.length;
  if (seen === 0) {
    if (total < ENOUGH) return insufficient(`only ${total} commands were seen; a loop shows in ${ENOUGH}`);
    return clear(`no ${what} among ${total} commands`);
  }
  let most: number | undefined;
  for (const { us, commands } of trace.executions) {
    if (commands.some(isCulprit)) most = Math.max(most ?? 0, us / commands.length);
  }
  if (most === undefined) return insufficient(`the log does not show how long its ${seen} ${what} took`);
  return clear(`${seen} ${what}, the longest held the server for ${formatMs(most / 1000)}`);
}

/** Times, in microseconds, during which nobody was served. */
export interface Stops {
  readonly count: number;
  readonly totalUs: number;
  readonly worstUs: number;
  /** Part of the window, 0 to 1; undefined in a log without times. */
  readonly share: number | undefined;
}

export function stopsOf(times: readonly number[], seconds: number | undefined): Stops {
  const totalUs = times.reduce((a, b) => a + b, 0);
  return {
    count: times.length,
    totalUs,
    worstUs: Math.max(...times),
    share: seconds ? Math.min(1, totalUs / 1e6 / seconds) : undefined,
  };
}

/** How bad it is by what the clients notice. What happened once or twice in a short window has no rate. */
export function severityOfStops({ count, share = 0, worstUs }: Stops): Severity {
  const rate = count >= OFTEN ? share : 0;
  if (rate >= 0.5) return 'critical';
  return rate >= NOTICED_SHARE || worstUs >= ONCE_US ? 'warning' : 'info';
}

/** "3 KEYS took 41 ms each (median, at most 52 ms), 12 % of the time watched; …" */
export function describeHeld({ slow, worstUs, medianUs, share, waiting }: Held): string {
  const names = [...new Set(slow.map(({ command }) => command.name))];
  const what = names.length > 3 ? `${names.slice(0, 3).join(', ')} …` : names.join(', ');
  const time =
    slow.length === 1
      ? `took ${formatMs(worstUs / 1000)}`
      : `took ${formatMs(medianUs / 1000)} each (median, at most ${formatMs(worstUs / 1000)})`;
  const part = share === undefined ? '' : `, ${formatShare(share)} of the time watched`;
  const queue = waiting > 1 ? `; up to ${waiting} connections had work waiting afterwards` : '';
  return `${slow.length} ${what} ${time}${part}. The server serves one command at a time${queue}.`;
}

/** The numbers of a finding. */
export function measuresOf(held: Held): Finding['measures'] {
  return {
    commands: countOf(held.slow.length),
    p50: milliseconds(held.medianUs),
    max: milliseconds(held.worstUs),
    ...(held.share === undefined
      ? {}
      : { serverHeld: { value: Math.round(held.share * 1000) / 10, unit: '%' } }),
    ...(held.waiting === 0 ? {} : { waitingConnections: countOf(held.waiting) }),
  };
}

/** Part of the time of the connections that sent them; absent in a log without times. */
export function shareOfHeld(trace: Trace, held: Held): number | undefined {
  const conversations = [...new Set(held.slow.map(({ command }) => command.conversation))];
  const wallUs = timeOf(trace, conversations)?.wallUs;
  return wallUs ? Math.round(Math.min(1, held.totalUs / wallUs) * 1000) / 1000 : undefined;
}

/** The calls that brought the worst of them, and the replies. */
export function evidenceOfHeld(facts: Facts, held: Held): Evidence[] {
  return held.slow
    .slice(0, 2)
    .flatMap(({ command: { call, replyCall } }) => [
      callEvidence(facts, call),
      ...(replyCall ? [callEvidence(facts, replyCall)] : []),
    ]);
}

/** What the rules about commands that hold the server have in common. */
export function heldFinding(
  facts: Facts,
  held: Held,
  words: Pick<Finding, 'id' | 'title' | 'fix'> & { readonly also?: string },
): Verdict {
  const { also = '', ...rest } = words;
  const share = shareOfHeld(facts.trace!, held);
  return found({
    ...rest,
    severity: severityOfStops(held),
    confidence: held.slow.length === 1 ? 0.8 : 0.95,
    why: `${describeHeld(held)}${also}`,
    ...(share === undefined ? {} : { share }),
    measures: measuresOf(held),
    evidence: evidenceOfHeld(facts, held),
  });
}
