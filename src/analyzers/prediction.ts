import type { Finding, Prediction, TimeParts } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import type { CommandPart } from './derive/bursts.ts';
import type { HttpRequest } from './derive/http.ts';
import type { ListCost } from './derive/list-cost.ts';
import { commandsOf, longestTime, type PathTime } from './derive/path-time.ts';
import type { Trace } from './derive/trace.ts';
import type { Facts } from './facts.ts';

/** What stays of a part of the time after a fix, 0 to 1. */
interface Stay {
  readonly likely: number;
  readonly best: number;
  readonly worst: number;
}
type Part = CommandPart | 'sync';
const PARTS = ['sync', 'scan', 'read', 'write', 'other'] as const satisfies readonly Part[];
type Effect = Readonly<Partial<Record<Part, Stay>>>;

const GONE: Stay = { likely: 0, best: 0, worst: 0.02 };
const SAME: Stay = { likely: 1, best: 1, worst: 1 };

/**
 * A key more in a command that is sent anyway, server and client together: microseconds, where no list among the replies
 * tells. Of a client in Node an MGET of 632 keys took 1.7 to 3.4 a key and a SCAN of 1000 took 2, on redis-server and on
 * the bundled one.
 */
const KEY_MORE_US = {
  read: { likely: 3.5, best: 1, worst: 12 },
  scan: { likely: 2, best: 1, worst: 12 },
} as const;
/**
 * How often a key more costs what an element of a list costs: SCAN only replies with it; a command that reads many keys
 * has it in the request, and its value in the reply.
 */
const ELEMENTS_A_KEY = { read: 2, scan: 1 } as const;
/** Keys that one command fetches after the fix, where no page of SCAN tells: as the texts of the fixes say. */
const PAGE = 100;
const COUNT = 1000;
/** SCAN's own default, where the keys of a page are not known. */
const SCAN_PAGE = 10;
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
  let joinedBefore = false;
  return findings.map((finding) => {
    const effect = effectOf(finding.id, path, joinedBefore);
    if (!effect) return finding;
    const { parts: afterParts, ...alone } = after(path, [effectOf(finding.id, path, false) ?? effect]);
    const inTurn = before.length > 0 ? after(path, [...before, effect]) : undefined;
    before.push(effect);
    if (finding.id === 'n-plus-one-reads') joinedBefore = true;
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
  /** Parts of the time without the tracer, 0 to 1. */
  readonly shares: Readonly<Record<Part, number>>;
  /** What each part takes when nothing disturbs it, as a part of what it took. */
  readonly undisturbed: Readonly<Record<Part, number>>;
  /** What one command takes by itself, in microseconds. */
  readonly tripUs: { readonly scan: number; readonly read: number };
  /** What a key more costs in a command that is sent anyway, in microseconds. */
  readonly keyUs: Readonly<Record<'scan' | 'read', Stay>>;
  /**
   * Part of the undisturbed time of reads that no loop repeats, such as of the list that names the keys and what the
   * client does with it: 0 to 1.
   */
  readonly otherReads: number;
  readonly reads: number;
  readonly scans: number;
  /** Elements of a list that is read before them; absent where there is none. */
  readonly listed?: number;
}

function slowPath(trace: Trace): SlowPath | undefined {
  const time = longestTime(trace);
  if (!time) return undefined;
  const { untracedUs, partsUs, counts, usualUs, loopReads, lists } = time;
  const share = (part: CommandPart) => partsUs[part] / untracedUs;
  const usual = (part: CommandPart, eachUs = usualUs[part]) =>
    partsUs[part] > 0 ? Math.min(1, (eachUs * counts[part]) / partsUs[part]) : 1;
  const tripUs = (part: 'scan' | 'read', us: number, count: number) =>
    count > 0 ? Math.min(usualUs[part], us / count) : usualUs[part];
  const readUs = tripUs('read', loopReads.us, loopReads.count);
  // What the client does with a list is part of the time of the command that it sends next: in a loop, of its first.
  const otherReadsUs = otherReads(time) + (lists?.clientUs ?? 0);
  const calmReadsUs = readUs * loopReads.count + otherReadsUs;
  // What is known of a write without its sync is what a read costs: its own reply waited for the disk.
  const write = counts.read > 0 ? Math.min(usualUs.write, usualUs.read * WRITE_PER_READ) : usualUs.write;
  const parts = {
    shares: {
      ...{ sync: time.syncUs / untracedUs, scan: share('scan'), read: share('read') },
      ...{ write: share('write'), other: share('other') },
    },
    undisturbed: {
      ...{
        sync: 1,
        scan: usual('scan'),
        read: partsUs.read > 0 ? Math.min(1, calmReadsUs / partsUs.read) : 1,
      },
      ...{ write: usual('write', write), other: usual('other') },
    },
    tripUs: { scan: tripUs('scan', partsUs.scan, counts.scan), read: readUs },
    keyUs: { scan: keyUs('scan', lists), read: keyUs('read', lists) },
    otherReads: calmReadsUs > 0 ? otherReadsUs / calmReadsUs : 0,
    ...{ reads: loopReads.count, scans: counts.scan },
    ...(lists && lists.reads > 0 ? { listed: lists.readElements / lists.reads } : {}),
  };
  const seconds = slowestEndpoint(trace.http);
  const p50 = quantile(seconds, 0.5);
  if (p50 !== undefined) {
    const spread =
      seconds.length < FEWEST_FOR_SPREAD
        ? UNKNOWN_SPREAD
        : { low: quantile(seconds, 0.1)! / p50, high: quantile(seconds, 0.9)! / p50 };
    return { metric: 'request seconds', before: p50 * (untracedUs / time.wallUs), spread, ...parts };
  }
  const before = untracedUs / commandsOf(time) / 1000;
  return { metric: 'command milliseconds', before, spread: UNKNOWN_SPREAD, ...parts };
}

/** Reads that no loop repeats. A list that begins a turn waited for its client, and that is no part of its time. */
function otherReads({ partsUs, counts, loopReads, lists }: PathTime): number {
  const us = Math.max(0, partsUs.read - loopReads.us);
  const areLists = lists !== undefined && lists.reads === counts.read - loopReads.count;
  return areLists ? Math.min(us, lists.readsUs) : us;
}

function keyUs(part: 'scan' | 'read', lists: ListCost | undefined): Stay {
  const known = KEY_MORE_US[part];
  const elementUs = lists ? (lists.serverUs + lists.clientUs) / lists.elements : Number.POSITIVE_INFINITY;
  // A list that took longer was not kept by its length.
  if (elementUs > known.worst) return known;
  return {
    ...known,
    likely: Math.min(known.worst, Math.max(known.best, ELEMENTS_A_KEY[part] * elementUs)),
  };
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
function effectOf(id: string, path: SlowPath, readsAreJoined: boolean): Effect | undefined {
  switch (id) {
    case 'fsync-per-write':
      return { sync: GONE };
    case 'write-in-read-path':
      return { sync: GONE, write: GONE };
    case 'n-plus-one-reads':
      return path.reads > 0
        ? { read: joined('read', { into: pageOf(path) ?? PAGE, keys: 1 }, path) }
        : undefined;
    case 'scan-small-count': {
      if (path.scans === 0) return undefined;
      const keys = pageOf(path) ?? SCAN_PAGE;
      const into = COUNT / keys;
      const scan = joined('scan', { into, keys }, path);
      // One read a page: with larger pages there are fewer of them, and of each only its keys stay.
      const read = joined('read', { into: COUNT, keys: 1 }, path);
      const now = joined('read', { into: keys, keys: 1 }, path);
      return readsAreJoined && path.reads > 0 ? { scan, read: ratio(read, now) } : { scan };
    }
    default:
      return undefined;
  }
}

/**
 * Keys that a page of the walk holds, or the list, which the reads that follow it go through; undefined without both.
 */
function pageOf({ reads, scans, listed }: SlowPath): number | undefined {
  if (scans > 0) return reads >= scans ? Math.min(COUNT, reads / scans) : undefined;
  return listed !== undefined && reads >= listed ? Math.min(COUNT, listed) : undefined;
}

function ratio(a: Stay, b: Stay): Stay {
  const of = (bound: keyof Stay) => (b[bound] > 0 ? Math.min(1, a[bound] / b[bound]) : 1);
  return { likely: of('likely'), best: of('best'), worst: of('worst') };
}

/** Many commands become one: one round trip stays, and for each of the others what its keys cost by themselves. */
function joined(
  part: 'scan' | 'read',
  { into, keys }: { readonly into: number; readonly keys: number },
  { tripUs, keyUs, otherReads }: SlowPath,
): Stay {
  const stays = part === 'read' ? otherReads : 0;
  const one = (us: number) => Math.min(1, 1 / into + (keys * us) / Math.max(tripUs[part], keys * us));
  const stay = (us: number) => stays + (1 - stays) * one(us);
  const { likely, best, worst } = keyUs[part];
  return { likely: stay(likely), best: stay(best), worst: stay(worst) };
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
    // Requests vary by themselves; that a fix makes them slower is not foretold.
    high: rounded(before * Math.min(1, left('worst') * spread.high)),
    parts: partsOf((part) => before * leftOf(part, 'likely')),
  };
}

function partsOf(value: (part: Part) => number): TimeParts {
  return Object.fromEntries(PARTS.map((part) => [part, rounded(value(part))])) as TimeParts;
}

const rounded = (value: number): number => Number(value.toPrecision(3));
