import type { Field } from './field.ts';
import { parseRange, RANGE_HELP, type Range } from './range.ts';

/** What the diagnosis must say, and the numbers that must come out. */
export interface Expectations {
  /** The first finding of the report. */
  readonly top?: string;
  readonly found: readonly string[];
  /** May be found as well: what the causes bring with them. */
  readonly allowed: readonly string[];
  readonly notFound: readonly string[];
  /**
   * "fsync-per-write.share", "fsync-per-write.fsyncP50" (a measure), "everysec.seconds" (a phase), "everysec.faster"
   * (times as fast as the phase before), "disk.fsyncMs".
   */
  readonly numbers: Readonly<Record<string, Range>>;
}

export function readExpectations(field: Field): Expectations {
  field.mapping('top', 'found', 'allowed', 'notFound', 'numbers');
  const ids = (name: string) =>
    field.optional(name, (each) => each.list('finding ids', (id) => id.text('a finding id'))) ?? [];
  const top = field.optional('top', (each) => each.text('a finding id'));
  const found = ids('found');
  return {
    ...(top === undefined ? {} : { top }),
    found: top === undefined || found.includes(top) ? found : [top, ...found],
    allowed: ids('allowed'),
    notFound: ids('notFound'),
    numbers: field.optional('numbers', (each) => each.entries('names and ranges', readRange)) ?? {},
  };
}

function readRange(field: Field): Range {
  const text = String(field.value() ?? '');
  const range = parseRange(text);
  if (range) return range;
  field.wrong(RANGE_HELP);
  return { text, holds: () => false };
}
