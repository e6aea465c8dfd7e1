import type { Finding, Prediction, TimeParts } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import { type RestPart, type Shares, sharesOf, splitTime, type TimeSplit } from './derive/accounting.ts';
import { classOf, isWrite } from './derive/command-table.ts';
import type { Conversation } from './derive/conversation.ts';
import type { HttpRequest } from './derive/http.ts';
import type { Trace } from './derive/trace.ts';
import type { Facts } from './facts.ts';

/** What stays of a part of the time after a fix, 0 to 1. */
interface Stay {
  readonly likely: number;
  readonly best: number;
  readonly worst: number;
}
type Part = RestPart | 'sync';
const PARTS = ['sync', 'scan', 'read', 'write', 'other'] as const satisfies readonly Part[];
type Effect = Readonly<Partial<Record<Part, Stay>>>;

const GONE: Stay = { likely: 0, best: 0, worst: 0.02 };
const SAME: Stay = { likely: 1, best: 1, worst: 1 };

/** A key more in a command that is sent anyway, server and client together: microseconds. */
const KEY_MORE_US = { likely: 2.5, best: 1, worst: 12 } as const;
/** Keys that one command fetches after the fix: as the texts of the fixes say. */
const PAGE = 100;
const COUNT = 1000;
/** Without the waits between them, server and client keep their caches warm: a path may get so much quicker. */
const WARM = 0.6;
/** A write that need not wait costs what a read costs, and its append. */
const WRITE_PER_READ = 1.2;
/** Bounds of a request's time when too few were seen to know how it varies. */
const UNKNOWN_SPREAD = { low: 0.8, high: 1.25 } as const;
const FEWEST_FOR_SPREAD = 4;

/** Adds what each fix will bring to findings that stand in the order of the report. */
export function withPredictions(facts: Facts, findings: readonly Finding[]): Finding[] {
  const path = facts.trace && slowPath(facts.trace);
  if (!path) return [...findings];
  const before: Effect[] = [];
  return findings.map((finding) => {
    const effect = effectOf(finding.id, path);
    if (!effect) return finding;
    const { parts: afterParts, ...alone } = after(path, [effect]);
    const inTurn = before.length > 0 ? after(path, [...before, effect]) : undefined;
    before.push(effect);
    const prediction: Prediction = {
      metric: path.metric,
      before: rounded(path.before),
      ...alone,
      ...(inTurn ? { inTurn } : {}),
      parts: { before: partsOf((part) => path.before * path.shares[part]), after: afterParts },
    };
    return { ...finding, prediction };
  });
}

/** The connection that most time was spent on, and the request that it serves. */
interface SlowPath {
  readonly metric: Prediction['metric'];
  /** In the unit of the metric, without the tracer's cost. */
  readonly before: number;
  readonly spread: { readonly low: number; readonly high: number };
  readonly shares: Shares;
  /** What each part takes when nothing disturbs it, as a part of what it took. */
  readonly undisturbed: Readonly<Record<Part, number>>;
  readonly reads: number;
  readonly scans: number;
}

function slowPath(trace: Trace): SlowPath | undefined {
  const longest = longestConversation(trace);
  if (!longest) return undefined;
  const { conversation, split } = longest;
  const held = trace.syncs.filter((sync) => sync.foreground && sync.held.length > 0).length;
  const shares = sharesOf(split, trace, held);
  const { commands } = conversation;
  const reads = commands.filter(({ name }) => classOf(name).startsWith('read')).length;
  const scans = commands.filter(({ name }) => classOf(name) === 'scan').length;
  const untraced = shares.wallUs / split.wallUs;
  const typical = (part: RestPart) =>
    split[`${part}Us`] > 0 ? split.undisturbedUs[part] / split[`${part}Us`] : 1;
  const writes = commands.filter(({ name }) => isWrite(name)).length;
  // What is known of a write without its sync is what a read costs: its own reply waited for the disk.
  const write =
    reads > 0 && writes > 0 && split.writeUs > 0
      ? ((split.undisturbedUs.read / reads) * WRITE_PER_READ * writes) / split.writeUs
      : typical('write');
  const undisturbed = {
    ...{ sync: 1, scan: typical('scan'), read: typical('read') },
    ...{ write: Math.min(write, typical('write')), other: typical('other') },
  };
  const counts = { shares, undisturbed, reads, scans };
  const seconds = slowestEndpoint(trace.http);
  const p50 = quantile(seconds, 0.5);
  if (p50 !== undefined) {
    const spread =
      seconds.length < FEWEST_FOR_SPREAD
        ? UNKNOWN_SPREAD
        : { low: quantile(seconds, 0.1)! / p50, high: quantile(seconds, 0.9)! / p50 };
    return { metric: 'request seconds', before: p50 * untraced, spread, ...counts };
  }
  const ms = shares.wallUs / commands.length / 1000;
  return { metric: 'command milliseconds', before: ms, spread: UNKNOWN_SPREAD, ...counts };
}

function longestConversation(trace: Trace): { conversation: Conversation; split: TimeSplit } | undefined {
  let longest: { conversation: Conversation; split: TimeSplit } | undefined;
  for (const conversation of trace.conversations) {
    const split = conversation.streaming ? undefined : splitTime([conversation]);
    if (split && split.wallUs > (longest?.split.wallUs ?? 0)) longest = { conversation, split };
  }
  return longest;
}

/** Seconds of each whole request of the endpoint that took most time together. */
function slowestEndpoint(http: readonly HttpRequest[]): number[] {
  const byName = new Map<string, number[]>();
  for (const { method, path, answered, startUs, endUs, commands } of http) {
    if (!answered || startUs === undefined || endUs === undefined || commands.length === 0) continue;
    const name = `${method} ${path}`;
    byName.set(name, [...(byName.get(name) ?? []), (endUs - startUs) / 1e6]);
  }
  const total = (seconds: readonly number[]) => seconds.reduce((a, b) => a + b, 0);
  return [...byName.values()].reduce((a, b) => (total(b) > total(a) ? b : a), []);
}

/** What the fix of a finding does to each part; undefined where that cannot be said. */
function effectOf(id: string, path: SlowPath): Effect | undefined {
  switch (id) {
    case 'fsync-per-write':
      return { sync: GONE };
    case 'write-in-read-path':
      return { sync: GONE, write: GONE };
    case 'n-plus-one-reads':
      return path.reads > 0 ? { read: joined(path.shares.read, path.reads, PAGE, path) } : undefined;
    case 'scan-small-count':
      return path.scans > 0 ? { scan: joined(path.shares.scan, path.scans, COUNT / 10, path) } : undefined;
    default:
      return undefined;
  }
}

/** Many commands become one: one round trip stays, and for each of the others what its keys cost by themselves. */
function joined(share: number, commands: number, into: number, { shares }: SlowPath): Stay {
  const tripUs = (share * shares.wallUs) / commands;
  const stay = (keyUs: number) => Math.min(1, 1 / into + keyUs / Math.max(tripUs, keyUs));
  return { likely: stay(KEY_MORE_US.likely), best: stay(KEY_MORE_US.best), worst: stay(KEY_MORE_US.worst) };
}

/** At worst, what disturbs the path now goes on disturbing it; at best, and likely, it goes with the long waits. */
function after({ shares, undisturbed, before, spread }: SlowPath, effects: readonly Effect[]) {
  const leftOf = (part: Part, bound: keyof Stay): number => {
    const share = bound === 'worst' ? shares[part] : shares[part] * Math.min(1, undisturbed[part]);
    return effects.reduce((rest, effect) => rest * (effect[part] ?? SAME)[bound], share);
  };
  const left = (bound: keyof Stay): number => PARTS.reduce((sum, part) => sum + leftOf(part, bound), 0);
  return {
    after: rounded(before * left('likely')),
    low: rounded(before * left('best') * Math.min(WARM, spread.low)),
    high: rounded(before * left('worst') * spread.high),
    parts: partsOf((part) => before * leftOf(part, 'likely')),
  };
}

function partsOf(value: (part: Part) => number): TimeParts {
  return Object.fromEntries(PARTS.map((part) => [part, rounded(value(part))])) as TimeParts;
}

const rounded = (value: number): number => Number(value.toPrecision(3));
