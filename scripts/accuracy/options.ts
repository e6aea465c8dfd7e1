import { parseArgs } from 'node:util';

export interface AccuracyOptions {
  /** So many plays drawn from all; all when absent. */
  readonly sample?: number;
  /** Draws the sample. */
  readonly seed: number;
  /** Ids; all when empty. */
  readonly only: readonly string[];
  /** Seeds of each fault, from 1; pairs and controls are played with one. */
  readonly seeds: number;
  /** Where results are kept; an interrupted run goes on from there. */
  readonly results: string;
  /** Forgets what is there. */
  readonly fresh: boolean;
  /** Only prints the table of the results that are there. */
  readonly table: boolean;
}

export function readOptions(args: readonly string[]): AccuracyOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      seeds: { type: 'string', default: '5' },
      results: { type: 'string', default: 'accuracy.jsonl' },
      fresh: { type: 'boolean', default: false },
      table: { type: 'boolean', default: false },
    },
  });
  return {
    ...(values.sample === undefined ? {} : { sample: Number(values.sample) }),
    seed: Number(values.seed),
    only: values.only.split(',').filter(Boolean),
    seeds: Number(values.seeds),
    results: values.results,
    fresh: values.fresh,
    table: values.table,
  };
}
