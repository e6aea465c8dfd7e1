import { UserError } from '../core/errors.ts';
import { parseDuration } from '../core/units.ts';

/** A measured step of a scenario: what is changed before it, and what is asked. */
export interface Phase {
  readonly id: string;
  readonly title: string;
  /** Path of the request that is timed. */
  readonly path: string;
  readonly why: string;
  /** What the original case took, in seconds. */
  readonly caseSeconds?: number;
  /** CONFIG SET of the server before the request is timed. */
  readonly config: Readonly<Record<string, string>>;
  /** The findings that this phase mends; none for the symptom. */
  readonly mends: readonly string[];
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly keys: number;
  /** Wished sync time of the disk, in milliseconds. */
  readonly fsyncMs: number;
  /** Directives that the server starts with. */
  readonly server: Readonly<Record<string, string>>;
  readonly phases: readonly Phase[];
  readonly expect: { readonly found: readonly string[] };
}

/**
 * Checks what stands in a scenario.yaml.
 * @param name for messages
 * @throws UserError that names the first field which is wrong
 */
export function readScenario(value: unknown, name: string): Scenario {
  const fail = (field: string, wanted: string): never => {
    throw new UserError(`${name}: "${field}" must be ${wanted}.`);
  };
  const record = (field: string, from: unknown): Record<string, unknown> =>
    typeof from === 'object' && from !== null && !Array.isArray(from)
      ? (from as Record<string, unknown>)
      : fail(field, 'a mapping');
  const text = (field: string, from: unknown): string =>
    typeof from === 'string' && from !== '' ? from : fail(field, 'a text');
  const texts = (field: string, from: unknown): Record<string, string> =>
    Object.fromEntries(
      Object.entries(from === undefined ? {} : record(field, from)).map(([key, each]) => [
        key,
        text(`${field}.${key}`, each),
      ]),
    );
  const list = (field: string, from: unknown): string[] =>
    Array.isArray(from)
      ? from.map((each, index) => text(`${field}[${index}]`, each))
      : fail(field, 'a list of finding ids');
  const root = record('scenario', value);
  if (root.schema !== 'perfcase.scenario/1') fail('schema', '"perfcase.scenario/1"');
  const keys = root.keys;
  if (typeof keys !== 'number' || !Number.isInteger(keys) || keys < 1)
    fail('keys', 'a whole number from 1 on');
  const phases =
    Array.isArray(root.phases) && root.phases.length > 0 ? root.phases : fail('phases', 'a list of phases');
  const expect = record('expect', root.expect);
  return {
    id: text('id', root.id),
    title: text('title', root.title),
    keys: keys as number,
    fsyncMs: parseDuration(text('disk.fsync', record('disk', root.disk).fsync)),
    server: texts('server', root.server),
    phases: (phases as unknown[]).map((each, index) => {
      const phase = record(`phases[${index}]`, each);
      const at = (field: string) => `phases[${index}].${field}`;
      const seconds = phase.caseSeconds;
      if (seconds !== undefined && typeof seconds !== 'number')
        fail(at('caseSeconds'), 'a number of seconds');
      return {
        id: text(at('id'), phase.id),
        title: text(at('title'), phase.title),
        path: text(at('path'), phase.path),
        why: text(at('why'), phase.why),
        config: texts(at('config'), phase.config),
        ...(seconds === undefined ? {} : { caseSeconds: seconds as number }),
        mends: list(at('mends'), phase.mends ?? []),
      };
    }),
    expect: { found: list('expect.found', expect.found) },
  };
}
