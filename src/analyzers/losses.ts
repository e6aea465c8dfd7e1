import type { Verdict } from '../core/finding.ts';
import type { Trace } from './derive/trace.ts';
import { HOLES } from './derive/tracer-limits.ts';
import type { Facts } from './facts.ts';
import type { Rule } from './rule.ts';

/** A lost call is one that is seen to be missing only now and then: where calls are lost in runs, one a run. */
const HOLES_SHARE = 0.003;
/** Of calls that the tracer itself counted as lost, this part of all: fewer and the patterns stay. */
const LOST_SHARE = 0.05;

/** Why the log does not show all calls, in words; undefined when it seems to, or when its gaps are known places. */
export function lossOf(trace: Trace): string | undefined {
  const { lost = 0, calls, source } = trace;
  if (lost >= LOST_SHARE * (calls + lost)) return `${source} could not keep ${lost} of ${calls + lost} calls`;
  const { holes } = trace;
  const commands = trace.commands.length;
  if (holes < HOLES || holes < commands * HOLES_SHARE) return undefined;
  return `calls are missing from the log: ${holes} requests or replies of ${commands} commands`;
}

/**
 * What a rule says of a log that lacks calls. A cause that it still proves stands; but one that it looked for in the
 * calls and did not find may stand in those that are missing.
 */
export function judgeWithLosses(rule: Rule, facts: Facts, trace: Trace, because: string): Verdict {
  let looked = false;
  const watched: Facts = {
    ...facts,
    get trace() {
      looked = true;
      return trace;
    },
  };
  const cautious = (verdict: Verdict): Verdict => {
    if (verdict.kind === 'symptom') return { ...verdict, otherwise: cautious(verdict.otherwise) };
    return verdict.kind === 'clear' && looked ? { kind: 'insufficient', because } : verdict;
  };
  return cautious(rule.check(watched));
}
