import { EXIT, type ExitCode } from '../core/errors.ts';
import {
  type Finding,
  type NotChecked,
  type Report,
  type RuledOut,
  reaches,
  SEVERITIES,
  type Severity,
  type Verdict,
} from '../core/finding.ts';
import { formatShare } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import { criticalPathOf } from './critical-path.ts';
import type { Trace } from './derive/trace.ts';
import { BY_IO_URING, noBytes } from './derive/tracer-limits.ts';
import { endpointsOf } from './endpoints.ts';
import { type Facts, seen } from './facts.ts';
import { judgeWithLosses, lossOf } from './losses.ts';
import { pathOf } from './path.ts';
import { withPredictions } from './prediction.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules/index.ts';
import { type Settled, settleSymptoms } from './symptoms.ts';
import { syncTimesOf, waterfallOf } from './timeline.ts';

/** What the capture knows of itself, for the head of the report. */
export interface CaptureSummary {
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly seconds?: number;
  readonly tracer?: Report['tracer'];
}

/** Runs every rule on the facts and makes the report. One crashing rule never stops the rest. */
export function diagnose(facts: Facts, capture: CaptureSummary, rules: readonly Rule[] = RULES): Report {
  const findings: Finding[] = [];
  const ruledOut: RuledOut[] = [];
  const notChecked: NotChecked[] = [];
  let crashed = 0;
  const verdicts = settleSymptoms(new Map(rules.map((rule) => [rule.id, judge(rule, facts)])));
  for (const [id, verdict] of verdicts) {
    switch (verdict.kind) {
      case 'finding':
        if (verdict.finding.evidence.length > 0) findings.push(verdict.finding);
        else notChecked.push({ id, because: 'it looked likely, but no captured line proves it' });
        break;
      case 'explained':
        ruledOut.push({
          ...{ id, because: `explained by ${verdict.by}: ${verdict.because}`, explainedBy: verdict.by },
        });
        break;
      case 'clear':
        ruledOut.push({
          id,
          because: verdict.because,
          ...(verdict.evidence ? { evidence: verdict.evidence } : {}),
        });
        break;
      case 'crashed':
        crashed++;
        notChecked.push({ id, because: verdict.because });
        break;
      case 'not-applicable':
      case 'insufficient':
        notChecked.push({ id, because: verdict.because });
        break;
      default:
        verdict satisfies never;
    }
  }
  findings.sort(
    (a, b) =>
      SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
      // What one command on the live server mends comes before what needs a change of the application.
      Number(isSetting(b)) - Number(isSetting(a)) ||
      (b.share ?? 0) - (a.share ?? 0) ||
      b.confidence - a.confidence,
  );
  const waterfall = findings.length > 0 ? waterfallOf(facts) : undefined;
  const criticalPath = criticalPathOf(facts);
  const syncTimes = syncTimesOf(facts.trace);
  const verdict = findings.length > 0 ? 'found' : isBlind(facts) || crashed > 0 ? 'inconclusive' : 'clear';
  return {
    schema: 'perfcase.report/1',
    perfcase: VERSION,
    target: facts.target,
    window: {
      ...(capture.startedAt === undefined ? {} : { startedAt: capture.startedAt }),
      ...(capture.endedAt === undefined ? {} : { endedAt: capture.endedAt }),
      ...(capture.seconds === undefined ? {} : { seconds: capture.seconds }),
    },
    ...(capture.tracer ? { tracer: capture.tracer } : {}),
    summary: summarize(facts, findings, verdict),
    verdict,
    path: pathOf(facts),
    findings: withPredictions(
      facts,
      findings.map((finding) => withSymptoms(finding, verdicts)),
    ),
    ruledOut,
    notChecked,
    clients: facts.clients,
    endpoints: endpointsOf(facts.trace),
    ...(waterfall ? { waterfall } : {}),
    ...(criticalPath ? { criticalPath } : {}),
    ...(syncTimes ? { syncTimes } : {}),
    ...(facts.trace && facts.trace.blindSpots.length > 0 ? { blindSpots: facts.trace.blindSpots } : {}),
  };
}

function withSymptoms(finding: Finding, verdicts: ReadonlyMap<string, Settled>): Finding {
  const explains = [...verdicts].flatMap(([id, verdict]) =>
    verdict.kind === 'explained' && verdict.by === finding.id ? [{ id, because: verdict.because }] : [],
  );
  return explains.length > 0 ? { ...finding, explains } : finding;
}

function isSetting(finding: Finding): boolean {
  return finding.fix?.command?.startsWith('CONFIG SET') ?? false;
}

function judge(rule: Rule, facts: Facts): Verdict {
  try {
    const because = facts.trace && lossOf(facts.trace);
    return because === undefined ? rule.check(facts) : judgeWithLosses(rule, facts, facts.trace!, because);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'crashed', because: `the rule failed (a defect of perfcase): ${reason}` };
  }
}

/** Why nothing can be said about the target's own work; undefined when something can. */
export function blindReason(facts: Facts): string | undefined {
  if (facts.otherTracer) return undefined;
  if (facts.ended) return 'it ended while it was watched';
  if (isStopped(facts))
    return `it is stopped, and answers nobody; kill -CONT ${facts.target.pid} lets it go on`;
  if (!facts.trace) return facts.traceMissing ?? 'no system calls were captured';
  if (facts.trace.bytesMissing) return noBytes(facts.trace.source);
  if (facts.trace.commands.length > 0) return lossOf(facts.trace);
  if (facts.trace.appends.some((append) => append.channel.role === 'append-log')) return undefined;
  if (facts.trace.syncs.length > 0 && showsOnlySyncs(facts.trace)) return ONLY_SYNCS;
  if (facts.trace.opaque > 0)
    return 'its connections carried no RESP: they speak another protocol, or are encrypted';
  if (facts.trace.usesIoUring) return BY_IO_URING;
  if (facts.target.server) return undefined;
  return 'it spoke no RESP on its sockets, so only CPU, memory and disk could be judged';
}

/** Stopped by a signal (SIGSTOP, or Ctrl-Z in its terminal) whenever it was looked at; proc_pid_status(5), State. */
function isStopped(facts: Facts): boolean {
  const states = seen(facts, 'proc-status')
    .filter(({ item }) => item.pid === facts.target.pid)
    .map(({ item }) => item.state);
  return states.length > 0 && states.every((state) => state === 'T');
}

const ONLY_SYNCS = 'its log holds syncs of a file and nothing else; record it without strace -e';

function showsOnlySyncs(trace: Trace): boolean {
  return trace.channels.every(({ reads, writes }) => reads + writes === 0);
}

function isBlind(facts: Facts): boolean {
  return blindReason(facts) !== undefined;
}

function summarize(facts: Facts, findings: readonly Finding[], verdict: Report['verdict']): string {
  const who = facts.target.comm ?? (facts.target.pid ? `process ${facts.target.pid}` : 'the process');
  if (verdict === 'inconclusive') {
    return `Cannot tell why ${who} is slow, because ${blindReason(facts) ?? 'a rule failed; see "Not checked"'}.`;
  }
  if (verdict === 'clear') {
    const idle = facts.trace?.commands.length === 0;
    return idle
      ? `Nothing slow was seen: no client sent ${who} a command meanwhile. Run this again while it is slow.`
      : `No cause of slowness was found in ${who} while it was watched.`;
  }
  const first = findings[0]!;
  const share = first.share === undefined ? '' : ` (${formatShare(first.share)} of the time of its requests)`;
  const rest = findings
    .slice(1)
    .filter((finding) => finding.severity !== 'info')
    .map((finding) => lowerFirst(finding.title));
  const also = rest.length > 0 ? `; also, ${rest.join('; ')}` : '';
  const fix = first.fix ? ` First: ${first.fix.command ?? first.fix.summary}` : '';
  return `${first.title}${share}${also}.${fix}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

/** The exit code that belongs to a report. A cause that was found outranks what could not be collected. */
export function exitCodeOf(report: Report, failOn: Severity | 'never'): ExitCode {
  if (report.findings.some(({ severity }) => reaches(severity, failOn))) return EXIT.found;
  return report.verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.ok;
}
