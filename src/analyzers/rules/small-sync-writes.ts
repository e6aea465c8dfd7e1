import { formatMs, formatShare, plural, quantile } from '../../core/units.ts';
import type { Append, Sync } from '../derive/conversation.ts';
import { BY_IO_URING } from '../derive/tracer-limits.ts';
import { callEvidence } from '../facts.ts';
import {
  clear,
  countOf,
  found,
  insufficient,
  milliseconds,
  notApplicable,
  ofTrace,
  perSecond,
  type Rule,
  symptom,
} from '../rule.ts';
import { syncTimesOf } from '../whole-log.ts';
import { SLOW_SYNC_US } from './noisy-disk-neighbour.ts';

/** Fewer syncs are a commit now and then. */
const SYNCS = 20;
/** The process, or one thread of it, spends this part of its time waiting for syncs. */
const SHARE_THAT_MATTERS = 0.2;
/** Larger writes use the disk well; the sync is not what makes them slow. */
const SMALL_BYTES = 64 * 1024;

/**
 * Does a process, of whatever kind, write little and sync each time? A log of commands of a Redis-family server is
 * left to `fsync-per-write`, which knows what it costs its clients.
 */
export const smallSyncWrites: Rule = {
  id: 'small-sync-writes',
  question: 'Does the process sync small writes one after another?',
  check: ofTrace((facts, trace) => {
    if (trace.appends.some((append) => append.channel.role === 'append-log')) {
      return notApplicable('it writes a log of commands; see fsync-per-write');
    }
    const { seconds } = trace;
    if (!seconds || trace.calls < SYNCS)
      return insufficient(`only ${plural(trace.calls, 'system call')} with times`);
    const busiest = busiestFile(trace.syncs);
    if (busiest.length < SYNCS && trace.usesIoUring) return insufficient(BY_IO_URING);
    if (busiest.length < SYNCS)
      return clear(`${plural(busiest.length, 'sync')} of one file in ${formatMs(seconds * 1000)}`);
    const durations = busiest.flatMap((sync) => sync.durationUs ?? []);
    if (durations.length === 0)
      return insufficient('the log does not say how long the syncs took (strace -T)');
    const waited = durations.reduce((sum, each) => sum + each, 0) / 1e6;
    const share = Math.min(1, (waited / seconds) * (trace.slowdown ?? 1));
    const file = busiest[0]!.channel;
    const writes = trace.appends.filter((append) => append.channel === file);
    const bytes = quantile(
      writes.map((append) => append.call.result ?? 0),
      0.5,
    );
    const p50 = quantile(durations, 0.5)!;
    const said = `${plural(busiest.length, 'sync')} of ${file.name ?? `descriptor ${file.fd}`} took ${formatShare(share)} of the time`;
    if (share < SHARE_THAT_MATTERS) return clear(said);
    if (bytes !== undefined && bytes > SMALL_BYTES) return clear(`${said}, after writes of ${bytes} bytes`);
    const verdict = report(facts, { syncs: busiest, writes, bytes, p50, share, seconds });
    // So few that on a disk that answers they would be no matter: what makes them slow is the cause.
    if ((busiest.length / seconds) * (SLOW_SYNC_US / 1e6) >= SHARE_THAT_MATTERS) return verdict;
    const capped = symptom('iops-cap', 'each sync waits until a limit lets its writes pass', verdict);
    return symptom('noisy-disk-neighbour', 'each sync waits behind what another process writes', capped);
  }),
};

function busiestFile(syncs: readonly Sync[]): Sync[] {
  const byFile = new Map<unknown, Sync[]>();
  for (const sync of syncs) byFile.set(sync.channel, [...(byFile.get(sync.channel) ?? []), sync]);
  return [...byFile.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

interface Seen {
  readonly syncs: readonly Sync[];
  readonly writes: readonly Append[];
  readonly bytes: number | undefined;
  readonly p50: number;
  readonly share: number;
  readonly seconds: number;
}

function report(facts: Parameters<Rule['check']>[0], { syncs, writes, bytes, p50, share, seconds }: Seen) {
  const { channel, call } = syncs[0]!;
  const counted = syncTimesOf(facts.trace!, syncs);
  const name = channel.name ?? `descriptor ${channel.fd}`;
  const each = bytes === undefined ? '' : `, for writes of ${plural(bytes, 'byte')} at the median`;
  return found({
    id: 'small-sync-writes',
    severity: share >= 0.5 ? 'critical' : 'warning',
    confidence: writes.length > 0 ? 0.9 : 0.75,
    title: 'Small writes are synced one after another',
    why: `${plural(counted.calls, 'sync')} of ${name} of ${formatMs(p50 / 1000)} each${each}: the process waited for the disk ${formatShare(share)} of the time.`,
    share: Math.round(share * 1000) / 1000,
    measures: {
      syncs: countOf(counted.calls),
      syncsPerSec: perSecond(counted.calls, counted.seconds ?? seconds),
      syncP50: milliseconds(counted.p50Us ?? p50),
      ...(bytes === undefined ? {} : { writeP50: { value: bytes, unit: 'B' } }),
    },
    evidence: [...(writes[0] ? [callEvidence(facts, writes[0].call)] : []), callEvidence(facts, call)],
    fix: {
      summary: 'Collect writes and sync once for many (group commit), or sync at intervals.',
      cost: 'A crash of the machine may lose what was written since the last sync.',
    },
  });
}
