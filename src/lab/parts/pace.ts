import { setTimeout as sleep } from 'node:timers/promises';

/** A client that fell behind by more than this does not make up for it in a burst. */
const FORGIVE_MS = 100;

/**
 * A metronome: each call resolves when the next turn is due. Without a rate the next turn is due at once.
 * @param perSecond of this caller alone
 */
export function paceOf(
  perSecond: number | undefined,
  random: () => number,
  monotonic: () => number,
): () => Promise<void> {
  if (perSecond === undefined) return async () => undefined;
  const stepMs = 1000 / perSecond;
  // Clients do not begin in step with each other.
  let due = monotonic() + random() * stepMs;
  return async () => {
    const early = due - monotonic();
    if (early < -FORGIVE_MS) due -= early;
    due += stepMs;
    if (early > 0) await sleep(early);
  };
}

/** Resolves at the next moment of the clock that is a whole multiple of `everyMs`: the same for all that wait. */
export function paceTogether(everyMs: number, now: () => number): () => Promise<void> {
  return async () => {
    const late = now() % everyMs;
    await sleep(everyMs - late);
  };
}
