import type { Parsed } from '../../core/capture.ts';
import type { NetCounterObservation } from '../../core/observation.ts';
import { type Line, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present, whole } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/PID/net/snmp and netstat, counters of that process's network namespace; each protocol has a line of names and
 * one of values: https://docs.kernel.org/networking/snmp_counter.html
 *
 *   Tcp: RtoAlgorithm RtoMin RtoMax … InSegs OutSegs RetransSegs …
 *   Tcp: 1 200 120000 … 87109 84925 117 …
 */

/** Of several hundred: segments, retransmissions, full listen queues, delayed acknowledgements. */
const COUNTERS: ReadonlySet<string> = new Set([
  'InSegs',
  'OutSegs',
  'RetransSegs',
  'TCPTimeouts',
  'TCPSynRetrans',
  'ListenOverflows',
  'ListenDrops',
  'DelayedACKs',
]);

/** The counters that rules ask for. Never throws. */
export function parseNetCounters(text: string, pid?: number): Parsed<NetCounterObservation> {
  const items: NetCounterObservation[] = [];
  const notes = new Notes();
  let names: { protocol: string; words: readonly string[] } | undefined;
  for (const line of linesOf(text)) {
    if (notes.overlong(line)) continue;
    const [, protocol, rest] = /^(\w{1,40}):\s+(\S.*)$/.exec(line.text) ?? [];
    if (protocol === undefined) continue;
    const words = rest!.trim().split(/\s+/);
    if (names?.protocol !== protocol) {
      names = { protocol, words };
      continue;
    }
    items.push(...valuesOf(line, names, words, pid));
    if (words.length !== names.words.length) notes.add(line, 'not as many values as names');
    names = undefined;
  }
  return { items, problems: notes.done() };
}

function* valuesOf(
  line: Line,
  { protocol, words: names }: { protocol: string; words: readonly string[] },
  values: readonly string[],
  pid: number | undefined,
): Generator<NetCounterObservation> {
  for (const [at, name] of names.entries()) {
    const value = COUNTERS.has(name) && /^Tcp/.test(protocol) ? whole(values[at]) : undefined;
    if (value !== undefined)
      yield { kind: 'net-counter', ...seen(line), protocol, name, value, ...present({ pid }) };
  }
}
