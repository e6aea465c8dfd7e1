import type { Evidence, Finding, Verdict } from '../core/finding.ts';
import { formatMs, formatShare, plural, quantile } from '../core/units.ts';
import type { Append, Sync } from './derive/conversation.ts';
import { timeOf } from './derive/path-time.ts';
import type { Trace } from './derive/trace.ts';
import type { WritingJob } from './derive/writing-jobs.ts';
import { callEvidence, type Facts } from './facts.ts';
import { severityOfStops } from './held.ts';
import { clear, countOf, found, insufficient, milliseconds, needsTrace } from './rule.ts';
import { type ServerCounters, serverCounters } from './server-counters.ts';

/** What a snapshot or a rewrite does to the syncs and appends that clients wait for. */

/** So much longer than without it: syncs vary by half from one moment to the next on any disk. */
const TIMES_MEAN = 1.5;
const TIMES_MEDIAN = 1.2;
/** From this part of the time on, what is lost is noticed; the same bound as for commands that hold the server. */
const NOTICED_SHARE = 0.02;
/** A sync that became longer by less is nothing that anybody notices. */
const LONGER_US = 1000;
/** Fewer syncs have no mean. */
const ENOUGH_INSIDE = 20;
const ENOUGH_OUTSIDE = 10;
/** So few do where they take a multiple of what they take without it, and not by one alone: slow syncs are few. */
const FEW_INSIDE = 8;
const MULTIPLE = 3;
/** A sync that takes so long is a pause that clients notice, whatever the others take; once is chance. */
const PAUSE_US = 50_000;
const PAUSES = 3;
/** An append goes into the page cache: microseconds. From here on, something holds it. */
export const HELD_APPEND_US = 10_000;
/** A log with fewer calls is too short to say that nothing of the kind runs. */
const ENOUGH_CALLS = 100;

export type JobKind = NonNullable<WritingJob['kind']>;

/** Times in microseconds. */
interface Effect {
  readonly jobs: readonly WritingJob[];
  /** Syncs of the log of commands that clients waited for, while the job ran and while none did. */
  readonly inside: readonly Sync[];
  readonly outside: readonly Sync[];
  /** Appends that something held while the job ran. */
  readonly held: readonly Append[];
  /** What the syncs inside took beyond what they take outside, and what the appends were held. */
  readonly lostUs: number;
  readonly worstUs: number;
  readonly slowed: boolean;
}

const NAMES: Readonly<Record<JobKind, string>> = { rewrite: 'rewrite', snapshot: 'snapshot' };

/** Whether the job ran at this time, in microseconds on the log's clock. */
function ran(
  { fromUs = 0, untilUs = Number.POSITIVE_INFINITY }: WritingJob,
  from: number,
  to: number,
): boolean {
  return from < untilUs && to > fromUs;
}

/** The jobs of one kind; where the calls do not show the kind, the server's own words may. */
function jobsOf(trace: Trace, kind: JobKind, counters: ServerCounters): WritingJob[] {
  const said = saidKind(counters);
  return trace.writingJobs.filter((job) => (job.kind ?? said) === kind);
}

function saidKind({ before, after, gained }: ServerCounters): JobKind | undefined {
  const isOn = (field: string) => [before, after].some((round) => round?.get(field)?.item.value === '1');
  if (isOn('aof_rewrite_in_progress')) return 'rewrite';
  return isOn('rdb_bgsave_in_progress') || gained('rdb_last_save_time') ? 'snapshot' : undefined;
}

function effectOf(trace: Trace, jobs: readonly WritingJob[]): Effect {
  const during = ({ startUs, durationUs = 0 }: { startUs?: number; durationUs?: number }, all = jobs) =>
    startUs !== undefined && all.some((job) => ran(job, startUs, startUs + durationUs));
  const syncs = trace.syncs.filter(
    ({ foreground, channel, durationUs }) =>
      foreground && channel.role === 'append-log' && durationUs !== undefined,
  );
  const inside = syncs.filter((sync) => during(sync));
  const outside = syncs.filter((sync) => !during(sync, trace.writingJobs));
  const held = trace.appends.filter(
    ({ channel, call }) =>
      channel.role === 'append-log' && (call.durationUs ?? 0) >= HELD_APPEND_US && during(call),
  );
  const [usIn, usOut] = [inside.map(durationOf), outside.map(durationOf)];
  const usual = mean(usOut);
  const muchLonger = usIn.filter((us) => us >= MULTIPLE * usual).length;
  const enough = muchLonger >= PAUSES && mean(usIn) >= MULTIPLE * usual ? FEW_INSIDE : ENOUGH_INSIDE;
  const comparable = inside.length >= enough && outside.length >= ENOUGH_OUTSIDE;
  const longer =
    mean(usIn) >= TIMES_MEAN * usual &&
    mean(usIn) - usual >= LONGER_US &&
    quantile(usIn, 0.5)! >= TIMES_MEDIAN * quantile(usOut, 0.5)!;
  const pauses = usIn.filter((us) => us >= PAUSE_US).length;
  const slowed = comparable && (longer || (pauses >= PAUSES && usOut.every((us) => us < PAUSE_US)));
  const heldUs = held.map(({ call }) => call.durationUs!);
  const extra = slowed ? usIn.reduce((sum, us) => sum + Math.max(0, us - usual), 0) : 0;
  return {
    ...{ jobs, inside, outside, held, slowed },
    lostUs: extra + heldUs.reduce((a, b) => a + b, 0),
    worstUs: Math.max(0, ...(slowed ? usIn : []), ...heldUs),
  };
}

const durationOf = ({ durationUs = 0 }: Sync): number => durationUs;
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;

/** How many appends were held while a job of the kind ran: for the rule that sees only that they were. */
export function heldBeside(facts: Facts, kind: JobKind): number {
  if (!facts.trace) return 0;
  return effectOf(facts.trace, jobsOf(facts.trace, kind, serverCounters(facts))).held.length;
}

/** Whether a job of the kind ran, and what it did to those who wait for the disk. */
export function judgeJobs(
  facts: Facts,
  kind: JobKind,
  words: Pick<Finding, 'id' | 'title' | 'fix'>,
): Verdict {
  const missing = needsTrace(facts);
  if (missing) return missing;
  const trace = facts.trace!;
  const counters = serverCounters(facts);
  const jobs = jobsOf(trace, kind, counters);
  const name = NAMES[kind];
  if (jobs.length === 0) {
    if (trace.calls < ENOUGH_CALLS) return insufficient(`only ${trace.calls} system calls were captured`);
    return clear(`no ${name} ran in ${trace.calls} system calls`);
  }
  if (trace.seconds === undefined) return insufficient(`a ${name} ran, but the log has no times`);
  const effect = effectOf(trace, jobs);
  const { inside, outside, held, slowed } = effect;
  const said = `${plural(jobs.length, name)}${describeSyncs(effect)}`;
  const share = effect.lostUs / 1e6 / trace.seconds;
  if (!(slowed && share >= NOTICED_SHARE) && held.length === 0) {
    if (inside.length >= ENOUGH_INSIDE && outside.length < ENOUGH_OUTSIDE)
      return insufficient(`a ${name} ran nearly all the time, so what a sync takes without it is not known`);
    return clear(
      said,
      jobs[0]!.calls.slice(0, 1).map((call) => callEvidence(facts, call)),
    );
  }
  const part = shareOfRequests(trace, effect.lostUs);
  return found({
    ...words,
    severity: severityOfStops({
      count: (slowed ? inside.length : 0) + held.length,
      totalUs: effect.lostUs,
      worstUs: effect.worstUs,
      share,
    }),
    confidence: 0.9,
    why:
      `${said}${held.length > 0 ? `; ${plural(held.length, 'append')} took ${formatMs(HELD_APPEND_US / 1000)} or more meanwhile, up to ${formatMs(Math.max(...held.map(({ call }) => call.durationUs!)) / 1000)}` : ''}. ` +
      `What it writes stands before the log in the disk's queue: the clients waited ${formatShare(Math.min(1, share))} of the time watched for that.`,
    ...(part === undefined ? {} : { share: part }),
    measures: {
      jobs: countOf(jobs.length),
      ...(slowed
        ? {
            syncDuring: milliseconds(mean(inside.map(durationOf))),
            syncOtherwise: milliseconds(mean(outside.map(durationOf))),
          }
        : {}),
      ...(held.length > 0 ? { heldAppends: countOf(held.length) } : {}),
      max: milliseconds(effect.worstUs),
    },
    evidence: evidenceOf(facts, effect, counters, kind),
  });
}

/** "; 130 syncs took 25.5 ms meanwhile (mean), 106 others 6.4 ms" */
function describeSyncs({ inside, outside }: Effect): string {
  if (inside.length === 0) return '; nobody waited for a sync meanwhile';
  const meanOf = (syncs: readonly Sync[]) => formatMs(mean(syncs.map(durationOf)) / 1000);
  const others = outside.length > 0 ? `, ${outside.length} others ${meanOf(outside)}` : '';
  return `; ${plural(inside.length, 'sync')} took ${meanOf(inside)} meanwhile (mean)${others}`;
}

/** Part of the time of all requests; absent in a log without times. */
function shareOfRequests(trace: Trace, lostUs: number): number | undefined {
  const time = timeOf(trace, trace.conversations);
  const syncUs = trace.syncs.reduce((sum, each) => sum + (each.foreground ? durationOf(each) : 0), 0);
  if (!time || syncUs === 0) return undefined;
  return (
    Math.round(Math.min(1, (time.syncUs / time.untracedUs) * Math.min(1, lostUs / syncUs)) * 1000) / 1000
  );
}

function evidenceOf(
  facts: Facts,
  { jobs, inside, outside, held, slowed }: Effect,
  counters: ServerCounters,
  kind: JobKind,
): Evidence[] {
  const worst = [...inside].sort((a, b) => durationOf(b) - durationOf(a))[0];
  const calls = [
    ...(jobs[0]?.calls.slice(0, 2) ?? []),
    ...(slowed && worst ? [worst.call] : []),
    ...(slowed && outside[0] ? [outside[0].call] : []),
    ...held.slice(0, 2).map(({ call }) => call),
  ];
  const field = kind === 'rewrite' ? 'aof_delayed_fsync' : 'rdb_last_save_time';
  return [
    ...calls.map((call) => callEvidence(facts, call)),
    ...(counters.gained(field) ? counters.evidence(field) : []),
  ];
}
