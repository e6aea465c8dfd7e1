import type { Evidence } from '../core/finding.ts';
import { classOf, isWrite } from './derive/command-table.ts';
import { evidenceOf, type Facts } from './facts.ts';
import { type InfoSighting, serverCounters } from './server-counters.ts';

/**
 * How often the server executed each command, by its own counters (INFO commandstats), asked before and after the
 * window. What the counters cannot tell: who sent a command, and in which order.
 */
export interface CommandCounts {
  /** Between the two askings, by the server's clock. */
  readonly seconds: number;
  /** Upper case; only those that were executed meanwhile. */
  readonly during: ReadonlyMap<string, number>;
  /** Since the server started, or its counters were reset. */
  readonly ever: ReadonlyMap<string, number>;
  /** The server's line behind the window. */
  evidence(name: string): Evidence[];
}

/** @returns undefined when the server was not asked twice */
export function commandCounts(facts: Facts): CommandCounts | undefined {
  const counters = serverCounters(facts);
  const { seconds } = counters;
  if (!counters.before || !counters.after || seconds === undefined) return undefined;
  const before = statsIn(counters.before);
  const after = statsIn(counters.after);
  if (before.size === 0 || after.size === 0) return undefined;
  const during = new Map<string, number>();
  const ever = new Map<string, number>();
  for (const [name, sighting] of after) {
    const calls = callsOf(sighting);
    ever.set(name, calls);
    const earlier = before.get(name);
    const more = calls - (earlier ? callsOf(earlier) : 0);
    // Less than before: the counters were reset meanwhile.
    if (more > 0) during.set(name, more);
  }
  return {
    seconds,
    during,
    ever,
    evidence: (name) =>
      [before.get(name), after.get(name)].flatMap((each) => (each ? [evidenceOf(each)] : [])),
  };
}

/** The rows of INFO commandstats by the command's name; subcommands are left out. */
function statsIn(round: ReadonlyMap<string, InfoSighting>): Map<string, InfoSighting> {
  const stats = new Map<string, InfoSighting>();
  for (const [field, sighting] of round) {
    const name = /^cmdstat_([^|]+)$/.exec(field)?.[1]?.toUpperCase();
    if (name !== undefined) stats.set(name, sighting);
  }
  return stats;
}

function callsOf({ item }: InfoSighting): number {
  return Number(/(?:^|,)calls=(\d+)/.exec(item.value)?.[1] ?? 0);
}

/** Commands that change data, executed meanwhile. */
export function writesIn({ during }: Pick<CommandCounts, 'during'>): number {
  return [...during].reduce((sum, [name, calls]) => sum + (isWrite(name) ? calls : 0), 0);
}

/** What fills, reads back whole, and lists a collection of each kind. */
const COLLECTIONS: readonly { readonly fill: readonly string[]; readonly read: readonly string[] }[] = [
  { fill: ['SADD'], read: ['SMEMBERS', 'SINTER', 'SUNION'] },
  { fill: ['RPUSH', 'LPUSH'], read: ['LRANGE'] },
  { fill: ['HSET', 'HMSET'], read: ['HGETALL', 'HVALS', 'HKEYS'] },
  { fill: ['ZADD'], read: ['ZRANGE', 'ZREVRANGE', 'ZRANGEBYSCORE'] },
];
/** So many writes for each time that the collection is read whole. */
const FILLS_PER_READ = 5;
const LEAST_FILLS = 10;

/** Counters that have the shape of a query that writes: it walks keys, reads each, and fills a collection of its own. */
export interface ScratchShape {
  readonly fill: string;
  readonly fills: number;
  /** Reads of one key. */
  readonly reads: number;
  readonly walks: number;
  /** Every command of the shape. */
  readonly names: readonly string[];
}

/** @returns undefined when the counters have another shape; having it proves nothing */
export function scratchShape(counts: CommandCounts): ScratchShape | undefined {
  const { during, ever } = counts;
  const sum = (names: readonly string[], where = during) =>
    names.reduce((total, name) => total + (where.get(name) ?? 0), 0);
  const walkers = ['SCAN', 'KEYS'].filter((name) => during.has(name));
  const readers = [...during.keys()].filter((name) => classOf(name) === 'read-one');
  const pops = [...during.keys()].some((name) => classOf(name) === 'pop');
  if (walkers.length === 0 || pops) return undefined;
  for (const { fill, read } of COLLECTIONS) {
    const fills = sum(fill);
    const single = readers.filter((name) => !read.includes(name));
    const wholes = sum(read);
    if (fills < LEAST_FILLS || fills < FILLS_PER_READ * wholes || sum(single) < fills) continue;
    // A slow query may not get so far within the window.
    if (sum(read, ever) === 0 || sum(['DEL', 'UNLINK'], ever) === 0) continue;
    const filled = fill.filter((name) => during.has(name));
    const seenReads = read.filter((name) => during.has(name));
    const deleted = ['DEL', 'UNLINK'].filter((name) => during.has(name));
    return {
      ...{ fill: filled.join(', '), fills, reads: sum(single), walks: sum(walkers) },
      names: [...walkers, ...single, ...filled, ...seenReads, ...deleted],
    };
  }
  return undefined;
}

/** "501 SCAN, 5000 GET, 1677 SADD" */
export function describeShape(shape: ScratchShape, { during }: CommandCounts): string {
  return shape.names.map((name) => `${during.get(name)} ${name}`).join(', ');
}
