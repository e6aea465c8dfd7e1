import type { Evidence } from '../core/finding.ts';
import type { Observation } from '../core/observation.ts';
import type { Facts, Sighting } from './facts.ts';

/** What a counter of the kernel did between two readings of the same capture. */
export interface Change<T extends Observation = Observation> {
  readonly first: Sighting<T>;
  readonly last: Sighting<T>;
  /** What was added to it. */
  readonly by: number;
  readonly perSec: number;
  readonly seconds: number;
  /** A reading's line each. */
  readonly evidence: readonly Evidence[];
}

interface Counter<T extends Observation> {
  readonly is: (item: Observation) => item is T;
  readonly value: (item: T) => number | undefined;
  /** How evidence names it: "nr_throttled". */
  readonly name: (item: T) => string;
  /** Only up to the moment at which a tracer was attached: for what a tracer itself changes. */
  readonly undisturbed?: boolean;
}

/**
 * A counter's change from the first reading to the last one. Readings of the kernel's files hold /proc/uptime, which
 * tells the time between them.
 * @returns undefined when it was read only once, or ran backwards: it began anew
 */
export function changeOf<T extends Observation>(
  facts: Pick<Facts, 'sightings'>,
  counter: Counter<T>,
): Change<T> | undefined {
  const readings = facts.sightings.filter((each): each is Sighting<T> => counter.is(each.item));
  const first = readings[0];
  const last = counter.undisturbed ? readings[1] : readings.at(-1);
  if (!first || !last || first.source === last.source) return undefined;
  const seconds = secondsBetween(facts, first.source, last.source);
  const [from, to] = [counter.value(first.item), counter.value(last.item)];
  if (seconds === undefined || from === undefined || to === undefined || to < from) return undefined;
  const evidence = [first, last].map(({ source, item }) => ({
    ...{ source, line: item.line },
    text: `${counter.name(item)} ${counter.value(item)}`,
  }));
  return { first, last, by: to - from, perSec: (to - from) / seconds, seconds, evidence };
}

/** Time between two readings by the kernel's own clock; undefined when it was not read or did not move. */
function secondsBetween(facts: Pick<Facts, 'sightings'>, from: string, to: string): number | undefined {
  const at = (source: string): number | undefined => {
    const clock = facts.sightings.find((each) => each.source === source && each.item.kind === 'uptime');
    return clock?.item.kind === 'uptime' ? clock.item.seconds : undefined;
  };
  const [begin, end] = [at(from), at(to)];
  return begin === undefined || end === undefined || end <= begin ? undefined : end - begin;
}
