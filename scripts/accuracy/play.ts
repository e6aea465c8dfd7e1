import type { Report } from '../../src/core/finding.ts';
import type { Predicted } from '../../src/replay/predicted.ts';

/** One play of one entry, as a line of the results file. */
export interface PlayResult {
  readonly id: string;
  readonly kind: string;
  readonly server: string;
  readonly seed: number;
  /** Set when it could not be played; then nothing else is said of it. */
  readonly failed?: string;
  readonly top?: string;
  /** What the entry expects. */
  readonly expectedTop?: string;
  readonly expected: readonly string[];
  /** Expected ones that were found, with any severity. */
  readonly found: readonly string[];
  readonly missed: readonly string[];
  /** Warnings and worse that are neither expected nor allowed. */
  readonly others: readonly string[];
  /** What was found of the machine itself. */
  readonly ofTheMachine?: readonly string[];
  readonly predictions: readonly Predicted[];
  /** The last error that a part met, by its name. */
  readonly errors?: Readonly<Record<string, string>>;
  readonly seconds: number;
}

/** What `perfcase replay --format json` prints, as far as it is needed here. */
export interface PlayedJson {
  readonly kind: string;
  readonly report: Report;
  readonly predictions: readonly Predicted[];
  readonly errors?: Readonly<Record<string, string>>;
}

export interface Expected {
  readonly top?: string;
  readonly found: readonly string[];
  readonly allowed: readonly string[];
}

/** True of the machine that the plays run on, whatever they play: an own column, not an alarm that is false. */
const OF_THE_MACHINE: readonly string[] = ['cpu-steal'];

/** Holds a play against what its entry expects. */
export function judgePlay(
  { report, predictions, errors = {} }: PlayedJson,
  { top, found, allowed }: Expected,
): Pick<
  PlayResult,
  | 'top'
  | 'expectedTop'
  | 'expected'
  | 'found'
  | 'missed'
  | 'others'
  | 'ofTheMachine'
  | 'predictions'
  | 'errors'
> {
  const ids = report.findings.map(({ id }) => id).filter((id) => !OF_THE_MACHINE.includes(id));
  return {
    ...(ids[0] === undefined ? {} : { top: ids[0] }),
    ...(top === undefined ? {} : { expectedTop: top }),
    expected: found,
    found: found.filter((id) => ids.includes(id)),
    missed: found.filter((id) => !ids.includes(id)),
    others: report.findings
      .filter(({ id, severity }) => severity !== 'info' && !found.includes(id) && !allowed.includes(id))
      .filter(({ id }) => !OF_THE_MACHINE.includes(id))
      .map(({ id }) => id),
    ofTheMachine: report.findings.map(({ id }) => id).filter((id) => OF_THE_MACHINE.includes(id)),
    predictions,
    ...(Object.keys(errors).length > 0 ? { errors } : {}),
  };
}

/** Whether the diagnosis named exactly the causes that were there. */
export function isExact({ missed, others }: PlayResult): boolean {
  return missed.length === 0 && others.length === 0;
}

/** Whether the first finding is the cause, or one of the causes where the entry does not say which comes first. */
export function isTopRight({ top, expectedTop, expected }: PlayResult): boolean {
  return expectedTop === undefined ? top !== undefined && expected.includes(top) : top === expectedTop;
}

/** |predicted − measured| / measured. */
export function errorOf({ predicted, measured }: Predicted): number {
  return Math.abs(predicted - measured) / measured;
}
