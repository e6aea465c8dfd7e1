import type { Verdict } from '../core/finding.ts';

/** A verdict that depends on no other one any more. */
export type Settled = Exclude<Verdict, { kind: 'symptom' }> | Explained;

export interface Explained {
  readonly kind: 'explained';
  /** The finding at the root: a symptom of a symptom comes from the cause of both. */
  readonly by: string;
  readonly because: string;
}

/** Decides which verdicts are symptoms of a cause that stands in the same report; the others answer as without it. */
export function settleSymptoms(verdicts: ReadonlyMap<string, Verdict>): Map<string, Settled> {
  const settled = new Map<string, Settled>();
  const asked = new Set<string>();
  const settle = (id: string): Settled | undefined => {
    const known = settled.get(id);
    const verdict = verdicts.get(id);
    // Who is asked while it is being settled would explain itself.
    if (known || !verdict || asked.has(id)) return known;
    asked.add(id);
    const result = resolve(verdict);
    asked.delete(id);
    settled.set(id, result);
    return result;
  };
  const resolve = (verdict: Verdict): Settled => {
    if (verdict.kind !== 'symptom') return verdict;
    const cause = settle(verdict.of);
    if (cause?.kind === 'finding' && cause.finding.evidence.length > 0)
      return { kind: 'explained', by: verdict.of, because: verdict.because };
    if (cause?.kind === 'explained') return { ...cause, because: verdict.because };
    return resolve(verdict.otherwise);
  };
  for (const id of verdicts.keys()) settle(id);
  return new Map([...verdicts.keys()].map((id) => [id, settled.get(id)!]));
}
