import type { Evidence, Finding, Severity, Verdict } from '../core/finding.ts';
import type { Trace } from './derive/trace.ts';
import { BY_IO_URING, noBytes } from './derive/tracer-limits.ts';
import type { Facts } from './facts.ts';

/** One cause. `check` is pure and synchronous; it answers from facts alone. */
export interface Rule {
  /** A finding id of the contract. */
  readonly id: string;
  /** What the rule asks, for `perfcase list causes`. */
  readonly question: string;
  check(facts: Facts): Verdict;
}

export const clear = (because: string, evidence?: readonly Evidence[]): Verdict => ({
  kind: 'clear',
  because,
  ...(evidence && evidence.length > 0 ? { evidence } : {}),
});
type Insufficient = Verdict & { readonly kind: 'insufficient' };
export const insufficient = (because: string): Insufficient => ({
  kind: 'insufficient',
  because,
});
export const notApplicable = (because: string): Verdict => ({ kind: 'not-applicable', because });
export const found = (finding: Finding): Verdict => ({ kind: 'finding', finding });
/**
 * What was seen may come from another cause.
 * @param of the finding that explains it, if it stands in the same report
 * @param because how, as a clause: "each waited for the sync of a write"
 * @param otherwise the answer where that finding does not stand
 */
export const symptom = (of: string, because: string, otherwise: Verdict): Verdict => ({
  ...{ kind: 'symptom', of, because, otherwise },
});

/**
 * How bad a cause is by its part of the slow path's time. Half of it: nothing else is worth mending first. A tenth: a
 * user may notice the fix. Less: worth knowing.
 */
export function severityOf(share: number | undefined): Severity {
  if (share === undefined) return 'warning';
  if (share >= 0.5) return 'critical';
  return share >= 0.1 ? 'warning' : 'info';
}

/** The verdict of a rule that needs system calls when there are none; undefined when there are. */
export function needsTrace(facts: Facts): Insufficient | undefined {
  if (facts.trace) return undefined;
  return insufficient(facts.traceMissing ?? 'system calls were not captured');
}

export const NO_RESP = 'the process spoke no RESP on its sockets while it was watched';

/** The verdict of a rule about a RESP server when the target spoke none; undefined when it did. */
export function needsConversation(facts: Facts): Verdict | undefined {
  const missing = needsTrace(facts);
  if (missing) return missing;
  const { trace, target } = facts;
  if (trace!.bytesMissing) return insufficient(noBytes(trace!.source));
  if (trace!.commands.length > 0) return undefined;
  if (trace!.opaque > 0)
    return insufficient('its connections carried no RESP: they speak another protocol, or are encrypted');
  if (trace!.usesIoUring) return insufficient(BY_IO_URING);
  if (target.server) return insufficient('no client sent a command while it was watched');
  return notApplicable(NO_RESP);
}

type Judge = (facts: Facts, trace: Trace) => Verdict;

/**
 * A check that goes by system calls.
 * @param without answers where there are none; else the reason why
 */
export function ofTrace(
  judge: Judge,
  without: (facts: Facts, missing: Insufficient) => Verdict = (_, missing) => missing,
): Rule['check'] {
  return (facts) => {
    const missing = needsTrace(facts);
    return missing ? without(facts, missing) : judge(facts, facts.trace!);
  };
}

/** A check that goes by what was said on the target's connections, as `ofTrace`. */
export function ofConversation(
  judge: Judge,
  without: (facts: Facts, missing: Verdict) => Verdict = (_, missing) => missing,
): Rule['check'] {
  return (facts) => {
    const missing = needsConversation(facts);
    return missing ? without(facts, missing) : judge(facts, facts.trace!);
  };
}

export function milliseconds(us: number): { value: number; unit: string } {
  return { value: Math.round(us / 10) / 100, unit: 'ms' };
}
export function perSecond(count: number, seconds: number): { value: number; unit: string } {
  return { value: Math.round((count / seconds) * 10) / 10, unit: '1/s' };
}
export function countOf(value: number): { value: number; unit: string } {
  return { value, unit: 'count' };
}
