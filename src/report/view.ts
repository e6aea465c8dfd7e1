import type { Evidence, Finding, Overhead, Prediction, Report } from '../core/finding.ts';
import { formatMs, formatShare, plural, significant } from '../core/units.ts';
import { drawPath, drawSyncs } from './drawing.ts';

/** What a report says, in neutral blocks; renderers lay them out and compute no number. */
export type Block =
  | { readonly kind: 'title'; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'summary'; readonly verdict: Report['verdict']; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | {
      readonly kind: 'step';
      readonly number: number;
      readonly question: string;
      readonly answer: string;
      readonly evidence: readonly Evidence[];
    }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  /** Draws lines of at most so many characters; their spaces count. */
  | { readonly kind: 'drawing'; draw(width: number): readonly string[] }
  | {
      readonly kind: 'finding';
      readonly number: number;
      readonly finding: Finding;
      readonly facts: readonly (readonly [string, string])[];
    };

export function viewOf(report: Report): Block[] {
  const blocks: Block[] = [
    { kind: 'title', text: titleOf(report) },
    { kind: 'summary', verdict: report.verdict, text: report.summary },
  ];
  if (report.path.length > 0) {
    blocks.push({ kind: 'heading', text: 'From the symptom to the cause' });
    blocks.push(...report.path.map((step, index) => ({ kind: 'step' as const, number: index + 1, ...step })));
  }
  if (report.criticalPath) {
    blocks.push({ kind: 'heading', text: 'Where the time went' });
    const { criticalPath } = report;
    blocks.push({ kind: 'drawing', draw: (width) => drawPath(criticalPath, width) });
  }
  if (report.syncTimes) {
    blocks.push({ kind: 'heading', text: 'Syncs' });
    const { syncTimes } = report;
    blocks.push({ kind: 'drawing', draw: (width) => drawSyncs(syncTimes, width) });
  }
  if (report.findings.length > 0) {
    blocks.push({ kind: 'heading', text: plural(report.findings.length, 'cause') });
    blocks.push(...report.findings.map((finding, index) => findingBlock(finding, index + 1)));
  }
  if (report.findings.some((finding) => finding.share !== undefined)) {
    blocks.push({ kind: 'note', text: SHARES });
  }
  if (report.endpoints.length > 0) {
    blocks.push({ kind: 'heading', text: 'HTTP requests of the client' });
    blocks.push({
      kind: 'table',
      head: ['request', 'seen', 'seconds', 'commands'],
      rows: report.endpoints.map(endpointRow),
    });
  }
  if (report.ruledOut.length > 0) {
    blocks.push({ kind: 'heading', text: 'Ruled out' });
    blocks.push({
      kind: 'table',
      head: ['cause', 'because'],
      rows: byReason(report.ruledOut),
    });
  }
  if (report.notChecked.length > 0) {
    blocks.push({ kind: 'heading', text: 'Not checked' });
    blocks.push({
      kind: 'table',
      head: ['cause', 'because'],
      rows: byReason(report.notChecked),
    });
  }
  for (const text of whyThisTracer(report.tracer)) blocks.push({ kind: 'note', text });
  for (const text of costOf(report.tracer?.overhead)) blocks.push({ kind: 'note', text });
  for (const text of report.blindSpots ?? []) blocks.push({ kind: 'note', text });
  return blocks;
}

/** Causes with the same reason share a row. */
function byReason(rows: readonly { readonly id: string; readonly because: string }[]): string[][] {
  const ids = new Map<string, string[]>();
  for (const { id, because } of rows) {
    const same = ids.get(because);
    if (same) same.push(id);
    else ids.set(because, [id]);
  }
  return [...ids].map(([because, same]) => [same.join(', '), because]);
}

export const SHARES =
  'A share is a part of the time that the requests on this path took, pauses between them left out, and what the ' +
  'tracer added taken out as far as it was measured. Shares overlap where one cause feeds another.';

export function findingBlock(finding: Finding, number: number): Block {
  return { kind: 'finding', number, finding, facts: factsOf(finding) };
}

export function titleOf({ perfcase, target, window, tracer }: Report): string {
  const server = target.server
    ? ` (${[target.server.kind, target.server.version].filter(Boolean).join(' ')}${target.server.port ? `, port ${target.server.port}` : ''})`
    : '';
  const who =
    target.pid === undefined
      ? 'logs'
      : `${target.comm ?? 'process'} ${target.pid}${target.container ? ` in container ${target.container}` : ''}${server}`;
  const seconds = window.seconds === undefined ? '' : `, ${significant(window.seconds)} s`;
  const cost = tracer?.overhead
    ? `, which cost it about ${formatShare(tracer.overhead.fraction)} of its time`
    : '';
  const traced = tracer ? `, ${tracer.events} calls by ${tracer.name}${cost}` : '';
  return `perfcase ${perfcase}: ${who}${seconds}${traced}`;
}

/** Why another tracer than the lightest one watched. */
function whyThisTracer(tracer: Report['tracer']): string[] {
  if (!tracer?.skipped) return [];
  const others = tracer.skipped.map(({ name, reason }) => `${name}: ${reason}`);
  return [`${tracer.name} watched, the first tracer that works here. ${others.join('; ')}.`];
}

/** What watching cost, in sentences. */
function costOf(overhead: Overhead | undefined): string[] {
  if (overhead?.limit === undefined) return [];
  const { fraction, how, estimated, measured, limit, ping, shortened } = overhead;
  const other =
    measured === undefined || estimated === undefined || fraction === estimated
      ? ''
      : `; estimated from its calls, ${formatShare(estimated)}`;
  const pings = ping
    ? ` A PING took ${formatMs(ping.beforeMs)} before, and ${formatMs(ping.duringMs)} meanwhile (medians).`
    : '';
  return [
    `Watching cost it ${formatShare(fraction)} of its time over the whole diagnosis, of ${formatShare(limit)} allowed (${how}${other}).${pings}`,
    ...(shortened === undefined ? [] : [shortened]),
  ];
}

export function factsOf(finding: Finding): [string, string][] {
  const measures = Object.entries(finding.measures).map(
    ([name, { value, unit }]) => `${words(name)} ${quantity(value, unit)}`,
  );
  return [
    ...(finding.share === undefined
      ? []
      : [['share', `${formatShare(finding.share)} of the time that requests took`] as [string, string]]),
    ...(measures.length > 0 ? [['measured', measures.join(', ')] as [string, string]] : []),
    ...(finding.fix ? [['fix', finding.fix.summary] as [string, string]] : []),
    ...(finding.fix?.command ? [['command', finding.fix.command] as [string, string]] : []),
    ...(finding.fix ? [['cost', finding.fix.cost] as [string, string]] : []),
    ...(finding.prediction ? [['prediction', predicted(finding.prediction)] as [string, string]] : []),
    ['certainty', formatShare(finding.confidence)],
  ];
}

/** "2.67 s a request become 0.25 s (0.2 to 0.4); with the fixes above, 0.05 s" */
function predicted({ metric, before, after, low, high, inTurn }: Prediction): string {
  const [unit, of] = metric === 'request seconds' ? ['s', 'a request'] : ['ms', 'a command'];
  const together = inTurn
    ? `; with the fixes above it, ${significant(inTurn.after)} ${unit} (${significant(inTurn.low)} to ${significant(inTurn.high)})`
    : '';
  return `${significant(before)} ${unit} ${of}, then ${significant(after)} ${unit} (${significant(low)} to ${significant(high)})${together}`;
}

function quantity(value: number, unit: string): string {
  switch (unit) {
    case 'count':
    case 'ratio':
      return String(value);
    case 'fraction':
      return formatShare(value);
    case '1/s':
      return `${value}/s`;
    default:
      return `${value} ${unit}`;
  }
}

/** fsyncPerSec → "fsync"; the unit says the rest. */
function words(name: string): string {
  return name
    .replace(/PerSec$/, '')
    .replace(/([a-z0-9])([A-Z])/g, (_all, a: string, b: string) => `${a} ${b.toLowerCase()}`);
}

function endpointRow(endpoint: Report['endpoints'][number]): string[] {
  const { p50, max, atLeast } = endpoint.seconds;
  const seconds =
    p50 !== undefined
      ? `${significant(p50)}${max !== undefined && max > p50 ? ` to ${significant(max)}` : ''}`
      : atLeast !== undefined
        ? `over ${significant(atLeast)} s, no answer yet`
        : '';
  const commands = Object.entries(endpoint.commands)
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  return [endpoint.name, String(endpoint.requests), seconds, commands];
}
