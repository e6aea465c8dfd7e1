import type { Evidence } from '../core/finding.ts';
import type { ServerInfoObservation, ServerLatencyObservation } from '../core/observation.ts';
import { evidenceOf, type Facts, type Sighting, seen } from './facts.ts';

export type InfoSighting = Sighting<ServerInfoObservation>;
type Round = ReadonlyMap<string, InfoSighting>;

/**
 * What the server says of itself in INFO, and by how much its counters moved between the two times that it was asked.
 * A field that it did not tell is undefined, never 0.
 */
export interface ServerCounters {
  readonly before?: Round;
  readonly after?: Round;
  /** Between the two askings, by the server's clock; absent when it was asked once. */
  readonly seconds?: number;
  /** The last value of a field that is a number. */
  last(field: string): number | undefined;
  /** What a counter gained; undefined when it was not told twice, or was reset in between. */
  gained(field: string): number | undefined;
  /** The same for each second. */
  rate(field: string): number | undefined;
  /** The lines of the fields, as they were told before and after. */
  evidence(...fields: readonly string[]): Evidence[];
}

export function serverCounters(facts: Pick<Facts, 'sightings'>): ServerCounters {
  const rounds = new Map<string, Map<string, InfoSighting>>();
  for (const sighting of seen(facts, 'server-info')) {
    const round = rounds.get(sighting.source) ?? new Map<string, InfoSighting>();
    rounds.set(sighting.source, round.set(sighting.item.field, sighting));
  }
  const all = [...rounds.values()];
  const after = all.at(-1);
  const before = all.length > 1 ? all[0] : undefined;
  const [from, to] = [before && clockOf(before), after && clockOf(after)];
  const seconds = from !== undefined && to !== undefined && to > from ? to - from : undefined;
  const last = (field: string) => after && numberIn(after, field);
  const gained = (field: string) => {
    const [had, has] = [before && numberIn(before, field), last(field)];
    return had === undefined || has === undefined || has < had ? undefined : has - had;
  };
  return {
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
    ...(seconds === undefined ? {} : { seconds }),
    last,
    gained,
    rate: (field) => {
      const more = gained(field);
      return more === undefined || seconds === undefined ? undefined : more / seconds;
    },
    evidence: (...fields) =>
      fields.flatMap((field) =>
        [before?.get(field), after?.get(field)].flatMap((each) => (each ? [evidenceOf(each)] : [])),
      ),
  };
}

function numberIn(round: Round, field: string): number | undefined {
  const value = round.get(field)?.item.value;
  return value === undefined || !/^-?\d+(?:\.\d+)?$/.test(value) ? undefined : Number(value);
}

/** Seconds. Servers before 7.0 tell whole seconds only. */
function clockOf(round: Round): number | undefined {
  const us = numberIn(round, 'server_time_usec');
  return us === undefined ? numberIn(round, 'uptime_in_seconds') : us / 1e6;
}

/** Why the counters say nothing about the window; undefined when they do. */
export function countersMissing(facts: Facts, counters: ServerCounters): string | undefined {
  if (counters.seconds !== undefined) return undefined;
  if (counters.after)
    return 'the server was asked for its counters once, so that they say nothing of the window';
  return facts.configMissing ?? 'the server was not asked for its counters';
}

/** The latest spike of an event that the server's own latency monitor noted within the window. */
export function spikeWithin(
  facts: Pick<Facts, 'sightings'>,
  counters: ServerCounters,
  event: string,
): Sighting<ServerLatencyObservation> | undefined {
  const from = counters.before && clockOf(counters.before);
  const isEpoch = counters.before?.has('server_time_usec');
  if (from === undefined || !isEpoch) return undefined;
  return seen(facts, 'server-latency').findLast(
    ({ item }) => item.event === event && item.atSeconds >= Math.floor(from),
  );
}
