import { commandCounts } from '../analyzers/command-counts.ts';
import { commandsOf, longestTime } from '../analyzers/derive/path-time.ts';
import type { Trace } from '../analyzers/derive/trace.ts';
import type { Facts } from '../analyzers/facts.ts';
import { quantile } from '../core/units.ts';

/** What a window is compared by. Of all of them less is better. */
export type Metric =
  /** A whole HTTP request of the traced client, median; as predictions have it. */
  | 'request seconds'
  /** Wall time of the connection that most was spent on, for each of its commands; as predictions have it. */
  | 'command milliseconds'
  /** From a request on a connection of the target to its answer, whatever their protocol, median. */
  | 'answer milliseconds'
  /** Wall time for each command that the server executed, by its own counters: without a tracer. */
  | 'milliseconds per command by the counters'
  /** perfcase's own PING, median. */
  | 'PING milliseconds';

export interface Measured {
  readonly values: Readonly<Partial<Record<Metric, number>>>;
  /** Seconds of each whole request, by endpoint: which one counts is decided over all windows. */
  readonly requests: ReadonlyMap<string, readonly number[]>;
  readonly commands: number;
}

/** perfcase asks these itself. */
const OWN = new Set(['PING', 'INFO', 'CONFIG', 'AUTH', 'CLIENT', 'COMMAND', 'HELLO']);
/** Fewer commands than this say nothing of a window. */
const FEWEST_COMMANDS = 5;
const FEWEST_ANSWERS = 3;

/** Takes the tracer's own cost out as the diagnosis does. */
export function measure(facts: Facts, pingMs: number | undefined): Measured {
  const values: Partial<Record<Metric, number>> = {};
  const { trace } = facts;
  const path = trace && !trace.bytesMissing ? longestTime(trace) : undefined;
  const onPath = path ? commandsOf(path) : 0;
  const requests = new Map<string, number[]>();
  if (path && onPath >= FEWEST_COMMANDS) {
    values['command milliseconds'] = path.untracedUs / onPath / 1000;
    for (const { method, path: place, answered, startUs, endUs, commands } of trace!.http) {
      if (!answered || startUs === undefined || endUs === undefined || commands.length === 0) continue;
      const name = `${method} ${place}`;
      requests.set(name, [
        ...(requests.get(name) ?? []),
        ((endUs - startUs) / 1e6) * (path.untracedUs / path.wallUs),
      ]);
    }
  }
  const answers = trace && !path && !trace.bytesMissing ? trace.fileReads.answersUs : [];
  if (answers.length >= FEWEST_ANSWERS) values['answer milliseconds'] = answerMs(answers, trace!);
  const counts = commandCounts(facts);
  let counted = 0;
  for (const [name, calls] of counts?.during ?? []) if (!OWN.has(name)) counted += calls;
  if (counts && counted >= FEWEST_COMMANDS)
    values['milliseconds per command by the counters'] = (counts.seconds * 1000) / counted;
  if (pingMs !== undefined) values['PING milliseconds'] = pingMs;
  return { values, requests, commands: onPath || counted || answers.length };
}

/** What the tracer added to the answers is what it slowed the target's calls down by. */
function answerMs(answersUs: readonly number[], { slowdown = 1 }: Trace): number {
  return quantile(answersUs, 0.5)! / slowdown / 1000;
}

/** Puts the median request of the endpoint that took most time over all windows into each window's values. */
export function withRequests(
  windows: readonly Measured[],
): { values: Measured['values']; requests: number; commands: number }[] {
  const total = new Map<string, number>();
  for (const { requests } of windows)
    for (const [name, seconds] of requests)
      total.set(name, (total.get(name) ?? 0) + seconds.reduce((a, b) => a + b, 0));
  const endpoint = [...total].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0] as [string, number])[0];
  return windows.map(({ values, requests, commands }) => {
    const seconds = requests.get(endpoint) ?? [];
    const p50 = quantile(seconds, 0.5);
    return {
      values: p50 === undefined ? values : { ...values, 'request seconds': p50 },
      requests: seconds.length,
      commands,
    };
  });
}
