import { formatMs, plural } from '../../core/units.ts';
import { callEvidence } from '../facts.ts';
import { severityOfStops, stopsOf } from '../held.ts';
import { clear, countOf, found, insufficient, milliseconds, ofTrace, type Rule } from '../rule.ts';

/** Shorter is what any fork takes. */
const SLOW_FORK_US = 10_000;
/** A log with fewer calls is too short to say that it never forks. */
const ENOUGH_CALLS = 20;

/** Does the server stand still while it forks? */
export const forkStall: Rule = {
  id: 'fork-stall',
  question: 'Does the server stand still while it forks for a snapshot or a rewrite?',
  check: ofTrace((facts, trace) => {
    const timed = trace.forks.filter(({ durationUs }) => durationUs !== undefined);
    const slow = timed.filter(({ durationUs }) => durationUs! >= SLOW_FORK_US);
    if (slow.length === 0) {
      if (trace.calls < ENOUGH_CALLS) return insufficient(`only ${trace.calls} system calls were captured`);
      if (timed.length === 0) return clear(`it did not fork in ${trace.calls} system calls`);
      const longest = Math.max(...timed.map(({ durationUs }) => durationUs!));
      return clear(`${plural(timed.length, 'fork')}, the longest took ${formatMs(longest / 1000)}`);
    }
    const stops = stopsOf(
      slow.map(({ durationUs }) => durationUs!),
      trace.seconds,
    );
    return found({
      id: 'fork-stall',
      severity: severityOfStops(stops),
      confidence: 0.95,
      title: 'The server stands still while it forks',
      why:
        `${plural(slow.length, 'fork')} took up to ${formatMs(stops.worstUs / 1000)}: the kernel copies the page tables ` +
        'of the whole process, and no client is served meanwhile.',
      measures: { forks: countOf(slow.length), max: milliseconds(stops.worstUs) },
      evidence: slow.slice(0, 3).map((call) => callEvidence(facts, call)),
      fix: {
        summary:
          'Fork less often (save points, auto-aof-rewrite-percentage), on a replica, or with less memory in one process.',
        command: 'CONFIG SET save ""',
        cost: 'Without save points there are no snapshots; the append-only file, if it is on, stays.',
      },
    });
  }),
};
