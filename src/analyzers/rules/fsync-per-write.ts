import type { Evidence } from '../../core/finding.ts';
import { formatMs, formatShare, plural } from '../../core/units.ts';
import type { Append, Sync } from '../derive/conversation.ts';
import { timeOf } from '../derive/path-time.ts';
import type { Trace } from '../derive/trace.ts';
import { BY_IO_URING } from '../derive/tracer-limits.ts';
import { callEvidence, evidenceOf, type Facts, seen } from '../facts.ts';
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
  severityOf,
} from '../rule.ts';
import { judgeUnseenSyncs } from '../unseen-syncs.ts';
import { syncTimesOf } from '../whole-log.ts';

/** Nearly every append is synced before its reply: a policy. Fewer: a sync that happened to stand there. */
const SYNCED_APPENDS = 0.8;
/** Below this part of the clients' time and of the server's time, the disk bears the policy. */
const SHARE_THAT_MATTERS = 0.1;
/** A burst that waits this long for syncs is a slow request even on a server that is mostly idle. */
const BURST_THAT_MATTERS_US = 100_000;
/** A log that shows syncs only (strace -e fdatasync) proves a policy when there are this many at this rate. */
const LONE_SYNCS = 3;
const LONE_SYNCS_PER_SEC = 5;

/** Does each write wait for the disk, because the append-only log is synced before the reply? */
export const fsyncPerWrite: Rule = {
  id: 'fsync-per-write',
  question: 'Does each write wait until the append-only log is on the disk?',
  check: ofTrace(
    (facts, trace) => {
      const syncs = trace.syncs.filter((sync) => sync.foreground);
      const logged = trace.appends.filter((append) => append.channel.role === 'append-log');
      const synced = logged.filter((append) => append.sync);
      if (logged.length === 0 && syncs.length === 0) return withoutSyncs(facts, trace);
      if (logged.length === 0) return syncsAlone(facts, trace, syncs);
      if (synced.length / logged.length < SYNCED_APPENDS) {
        const background = trace.syncs.length - syncs.length;
        const where = background > 0 ? `; ${background} syncs ran on another thread` : '';
        return clear(`${synced.length} of ${logged.length} appends were synced before the reply${where}`);
      }
      const logs = new Set(logged.map((append) => append.channel));
      return judge(
        facts,
        trace,
        syncs.filter((sync) => logs.has(sync.channel)),
        synced,
      );
    },
    (facts, missing) => judgeUnseenSyncs(facts, missing.because),
  ),
};

function withoutSyncs(facts: Facts, trace: Trace) {
  const seconds = trace.seconds;
  const asked =
    trace.commands.length + trace.exchanges.reduce((count, each) => count + each.commands.length, 0);
  if (asked === 0 && facts.target.server) {
    return insufficient('no client sent a command while it was watched');
  }
  if (trace.usesIoUring) return insufficient(`no append and no sync was seen, but ${BY_IO_URING}`);
  if (trace.calls < 20) return insufficient(`only ${trace.calls} system calls were captured`);
  return clear(
    `no append and no sync of a file in ${trace.calls} system calls${seconds ? ` (${formatMs(seconds * 1000)})` : ''}`,
  );
}

/** Only syncs in the log, no appends: what `strace -e fdatasync` gives. */
function syncsAlone(facts: Facts, trace: Trace, syncs: Sync[]) {
  if (trace.conversations.length > 0) {
    return clear(`${plural(syncs.length, 'sync')}, none of them after an append to a log of commands`);
  }
  if (syncs.some((sync) => sync.channel.writes > 0)) {
    return notApplicable('what it writes and syncs is no log of commands; see small-sync-writes');
  }
  const seconds = trace.seconds;
  const isLog = syncs.every((sync) => /aof/i.test(fileName(facts, sync) ?? ''));
  if (!isLog) return notApplicable('the synced file is not known to be an append-only log of commands');
  if (syncs.length < LONE_SYNCS || !seconds || syncs.length / seconds < LONE_SYNCS_PER_SEC) {
    return insufficient(`only ${syncs.length} syncs and no append in the log`);
  }
  return judge(facts, trace, syncs, []);
}

function judge(facts: Facts, trace: Trace, syncs: Sync[], appends: Append[]) {
  const unique = [...new Set(syncs)];
  const durations = unique.flatMap((sync) => sync.durationUs ?? []);
  const seconds = trace.seconds;
  const busyShare = seconds && durations.length > 0 ? sum(durations) / 1e6 / seconds : undefined;
  const waiting = [...trace.conversations, ...trace.exchanges].filter((each) =>
    each.commands.some((command) => command.heldBy.length > 0),
  );
  const time = timeOf(trace, waiting);
  const share = time && time.syncUs > 0 ? time.syncUs / time.untracedUs : undefined;
  const counted = syncTimesOf(trace, unique);
  const p50 = counted.p50Us;
  // The tracer stretches the time between two syncs: without it they fill more of the server's time.
  const untracedShare = busyShare === undefined ? undefined : Math.min(1, busyShare * (trace.slowdown ?? 1));
  const cheap = cheapness(share, untracedShare, time?.worstBurstSyncUs ?? 0);
  if (cheap !== undefined) {
    return clear(
      `each of ${appends.length} appends was synced (${formatMs(p50! / 1000)} at the median), but that is only ${cheap}`,
    );
  }
  const file = fileName(facts, unique[0]!);
  const policy = facts.config.get('appendfsync');
  const setting = policy?.item.kind === 'server-config' ? policy.item.value : undefined;
  const each = p50 === undefined ? '' : ` of ${formatMs(p50 / 1000)}`;
  return found({
    id: 'fsync-per-write',
    severity: severityOf(share),
    confidence: confidenceOf(facts, unique.length, appends.length, setting, file),
    title: 'Each write waits until the append-only log is on the disk',
    why:
      `The thread that answers clients syncs ${file ?? 'its log'} after each append ` +
      `and replies only then: ${plural(counted.calls, 'sync')}${each}${setting ? `; appendfsync is "${setting}"` : ''}. ` +
      'Every client waits meanwhile, readers too.',
    ...(share === undefined ? {} : { share: round(share) }),
    measures: {
      fsyncs: countOf(counted.calls),
      ...(counted.seconds ? { fsyncPerSec: perSecond(counted.calls, counted.seconds) } : {}),
      ...(p50 === undefined ? {} : { fsyncP50: milliseconds(p50), fsyncMax: milliseconds(counted.maxUs!) }),
      ...(busyShare === undefined ? {} : { serverTimeInSync: { value: round(busyShare), unit: 'fraction' } }),
      ...(appends.length > 0
        ? { appendsPerSync: { value: round(appends.length / unique.length), unit: 'ratio' } }
        : {}),
    },
    evidence: evidenceFor(facts, unique, appends),
    fix: {
      summary: 'Sync once a second from the background instead of on every write.',
      command: 'CONFIG SET appendfsync everysec',
      cost: 'A crash of the machine may lose up to about 1 s of acknowledged writes. To keep it after a restart, set it in the configuration file too.',
    },
  });
}

/** Why the syncs do not matter, in words; undefined when they do, or when the log has no times. */
function cheapness(
  share: number | undefined,
  busyShare: number | undefined,
  worstBurstUs: number,
): string | undefined {
  if (share !== undefined && share < SHARE_THAT_MATTERS) return `${formatShare(share)} of the clients' time`;
  if (busyShare === undefined || busyShare >= SHARE_THAT_MATTERS || worstBurstUs >= BURST_THAT_MATTERS_US)
    return undefined;
  return `${formatShare(busyShare)} of the server's time`;
}

/** One turn as a whole (append, sync, reply), the longest sync, the file, the setting. */
function evidenceFor(facts: Facts, syncs: Sync[], appends: Append[]): Evidence[] {
  const evidence: Evidence[] = [];
  const append = appends[0];
  if (append) evidence.push(callEvidence(facts, append.call));
  const first = append?.sync ?? syncs[0]!;
  evidence.push(callEvidence(facts, first.call));
  const reply = first.held.find((command) => command.replyCall)?.replyCall;
  if (reply) evidence.push(callEvidence(facts, reply));
  const longest = syncs.reduce((a, b) => ((b.durationUs ?? 0) > (a.durationUs ?? 0) ? b : a));
  if (longest !== first) evidence.push(callEvidence(facts, longest.call));
  const row = seen(facts, 'descriptor').find(
    ({ item }) => item.pid === first.channel.pid && item.fd === first.channel.fd && item.type === 'REG',
  );
  if (row) evidence.push(evidenceOf(row));
  const policy = facts.config.get('appendfsync');
  if (policy) evidence.push(evidenceOf(policy));
  return evidence;
}

function confidenceOf(
  facts: Facts,
  syncs: number,
  appends: number,
  setting: string | undefined,
  file: string | undefined,
): number {
  if (setting === 'always') return syncs >= 3 ? 0.99 : 0.95;
  // What was seen and what is set disagree: the setting may have been changed meanwhile.
  if (setting !== undefined) return 0.6;
  let confidence = syncs >= 30 ? 0.9 : syncs >= 5 ? 0.8 : 0.65;
  if (appends === 0) confidence -= 0.1;
  if (file && /aof/i.test(file)) confidence += 0.08;
  const writes = seen(facts, 'process-io').some(
    ({ item }) => item.pid === facts.trace?.target && (item.writeKibPerSec ?? 0) > 0,
  );
  return round(confidence + (writes ? 0.05 : 0));
}

function fileName(facts: Facts, sync: Sync): string | undefined {
  const { channel } = sync;
  const row = seen(facts, 'descriptor').find(
    ({ item }) => item.pid === channel.pid && item.fd === channel.fd && item.type === 'REG',
  );
  return row?.item.name ?? channel.name;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const round = (value: number): number => Math.round(value * 1000) / 1000;
