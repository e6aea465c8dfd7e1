import { formatMs, plural } from '../../core/units.ts';
import { HELD_APPEND_US, heldBeside } from '../beside-jobs.ts';
import type { Append, Sync } from '../derive/conversation.ts';
import { callEvidence } from '../facts.ts';
import { severityOfStops, stopsOf } from '../held.ts';
import {
  clear,
  countOf,
  found,
  insufficient,
  milliseconds,
  notApplicable,
  ofTrace,
  type Rule,
  symptom,
} from '../rule.ts';

/** Fewer appends are too few to say that none is held. */
const ENOUGH = 20;

/** Is an append held by a sync of the same file that another thread has under way? */
export const fsyncBacklog: Rule = {
  id: 'fsync-backlog',
  question: 'Do appends wait for a sync that another thread has under way?',
  check: ofTrace((facts, trace) => {
    const logged = trace.appends.filter(({ channel }) => channel.role === 'append-log');
    if (logged.length === 0) return notApplicable('it appended to no log of commands while it was watched');
    const background = trace.syncs.filter((sync) => !sync.foreground);
    const held = logged.flatMap((append) => {
      const sync =
        (append.call.durationUs ?? 0) >= HELD_APPEND_US ? overlapping(append, background) : undefined;
      return sync ? [{ append, sync }] : [];
    });
    if (held.length === 0) {
      if (logged.length < ENOUGH) return insufficient(`only ${plural(logged.length, 'append')} were seen`);
      const longest = Math.max(0, ...logged.map(({ call }) => call.durationUs ?? 0));
      return clear(
        `${logged.length} appends, ${plural(background.length, 'sync')} in the background, the longest append took ${formatMs(longest / 1000)}`,
      );
    }
    const stops = stopsOf(
      held.map(({ append }) => append.call.durationUs!),
      trace.seconds,
    );
    const inJobs = (['rewrite', 'snapshot'] as const).map((kind) => heldBeside(facts, kind));
    const share = stops.share === undefined ? {} : { share: Math.round(stops.share * 1000) / 1000 };
    const verdict = found({
      id: 'fsync-backlog',
      severity: severityOfStops(stops),
      confidence: 0.9,
      title: 'Appends wait for a sync that is under way',
      why:
        `${held.length} of ${logged.length} appends took ${formatMs(HELD_APPEND_US / 1000)} or more, up to ` +
        `${formatMs(stops.worstUs / 1000)}, while another thread synced the same file: the disk does not keep up, and ` +
        'the thread that serves the clients waits for it.',
      ...share,
      measures: {
        heldAppends: countOf(held.length),
        max: milliseconds(stops.worstUs),
        total: milliseconds(stops.totalUs),
      },
      evidence: held
        .slice(0, 2)
        .flatMap(({ append, sync }) => [callEvidence(facts, append.call), callEvidence(facts, sync.call)]),
      fix: {
        summary:
          'Give the log a disk of its own or a faster one; if it happens during a rewrite, do not sync meanwhile.',
        command: 'CONFIG SET no-appendfsync-on-rewrite yes',
        cost: 'A crash during a rewrite may lose up to 30 s of writes.',
      },
    });
    // A disk that keeps up otherwise is not too slow: what a rewrite or a snapshot writes stands before the log.
    const beside = JOB_CAUSES.find((_, index) => inJobs[index]! > held.length / 2);
    return beside
      ? symptom(beside, `${plural(held.length, 'append')} waited while it ran`, verdict)
      : verdict;
  }),
};

const JOB_CAUSES = ['aof-rewrite-contention', 'snapshot-io'];

/** The sync on the same file that ran for at least half of the time that the append took. */
function overlapping({ call, channel }: Append, syncs: readonly Sync[]): Sync | undefined {
  const { startUs: from, durationUs: took } = call;
  if (from === undefined || took === undefined) return undefined;
  return syncs.find(({ channel: other, startUs, durationUs }) => {
    const same = other === channel || (channel.name !== undefined && other.name === channel.name);
    if (!same || startUs === undefined || durationUs === undefined) return false;
    return Math.min(from + took, startUs + durationUs) - Math.max(from, startUs) >= took / 2;
  });
}
