import type { Facts } from '../analyzers/facts.ts';
import type { Endpoint, Report, Severity } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import type { Manifest } from './format.ts';
import type { RecordedReport } from './judge.ts';

/** What changed between two recordings. A side that has no such thing is absent. */
export interface Change<T> {
  readonly before?: T;
  readonly after?: T;
}

export interface CauseChange {
  readonly id: string;
  readonly title: string;
  readonly change: 'gone' | 'new' | 'stayed';
  readonly severity: Change<Severity>;
  /** Of the slow path's time, 0 to 1. */
  readonly share: Change<number>;
}

export interface RequestChange {
  readonly name: string;
  readonly requests: Change<number>;
  readonly secondsP50: Change<number>;
  /** Of one request, by command; those that are alike on both sides are left out. */
  readonly commands: Readonly<Record<string, Change<number>>>;
}

/** `analyze --diff --format json`. */
export interface RecordingDiff {
  readonly schema: 'perfcase.diff/1';
  readonly perfcase: string;
  readonly before: SideHead;
  readonly after: SideHead;
  readonly causes: readonly CauseChange[];
  readonly requests: readonly RequestChange[];
  readonly measures: readonly ({ readonly name: string; readonly unit: string } & Change<number>)[];
  /** Directives of the server with another value, or with a value on one side only. */
  readonly settings: readonly ({ readonly directive: string } & Change<string>)[];
  /** Tools, kernel and versions that differ. */
  readonly surroundings: readonly ({ readonly name: string } & Change<string>)[];
}

export interface SideHead extends Pick<Report, 'target' | 'window' | 'tracer' | 'verdict' | 'summary'> {
  readonly recording: RecordedReport['recording'];
}

export interface Side {
  readonly manifest: Manifest;
  readonly report: RecordedReport;
  readonly facts: Facts;
}

/** Compares two recordings, the earlier one first. Pure. */
export function compare(before: Side, after: Side): RecordingDiff {
  return {
    schema: 'perfcase.diff/1',
    perfcase: VERSION,
    before: headOf(before.report),
    after: headOf(after.report),
    causes: causes(before.report, after.report),
    requests: requests(before.report.endpoints, after.report.endpoints),
    measures: measures(before.facts, after.facts),
    settings: differing(settingsOf(before.facts), settingsOf(after.facts)).map(({ name, ...change }) => ({
      directive: name,
      ...change,
    })),
    surroundings: differing(surroundingsOf(before), surroundingsOf(after)),
  };
}

function headOf({ target, window, tracer, verdict, summary, recording }: RecordedReport): SideHead {
  return { target, window, ...(tracer ? { tracer } : {}), verdict, summary, recording };
}

function changeOf<T>(before: T | undefined, after: T | undefined): Change<T> {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function causes(before: Report, after: Report): CauseChange[] {
  const ids = [...new Set([...before.findings, ...after.findings].map(({ id }) => id))];
  return ids.map((id) => {
    const was = before.findings.find((finding) => finding.id === id);
    const is = after.findings.find((finding) => finding.id === id);
    return {
      id,
      title: (is ?? was)!.title,
      change: !is ? 'gone' : !was ? 'new' : 'stayed',
      severity: changeOf(was?.severity, is?.severity),
      share: changeOf(was?.share, is?.share),
    };
  });
}

function requests(before: readonly Endpoint[], after: readonly Endpoint[]): RequestChange[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  return names.map((name) => {
    const was = before.find((endpoint) => endpoint.name === name);
    const is = after.find((endpoint) => endpoint.name === name);
    const commands = [...new Set([...Object.keys(was?.commands ?? {}), ...Object.keys(is?.commands ?? {})])];
    return {
      name,
      requests: changeOf(was?.requests, is?.requests),
      secondsP50: changeOf(was?.seconds.p50, is?.seconds.p50),
      commands: Object.fromEntries(
        commands
          .filter((command) => was?.commands[command] !== is?.commands[command])
          .map((command) => [command, changeOf(was?.commands[command], is?.commands[command])]),
      ),
    };
  });
}

function measures(before: Facts, after: Facts): RecordingDiff['measures'] {
  const was = measuresOf(before);
  const is = measuresOf(after);
  return [...was.keys()]
    .filter((name) => was.get(name)!.value !== undefined || is.get(name)!.value !== undefined)
    .map((name) => ({
      name,
      unit: was.get(name)!.unit,
      ...changeOf(was.get(name)!.value, is.get(name)!.value),
    }));
}

/** As they were while it was traced. */
function measuresOf({ trace }: Facts): Map<string, { unit: string; value: number | undefined }> {
  const rate = (count: number | undefined) =>
    count === undefined || !trace?.seconds ? undefined : tenth(count / trace.seconds);
  const p50 = quantile(trace?.syncs.flatMap(({ durationUs }) => durationUs ?? []) ?? [], 0.5);
  return new Map([
    ['commands', { unit: '1/s', value: rate(trace?.commands.length) }],
    ['appends to the log', { unit: '1/s', value: rate(trace?.appends.length) }],
    ['syncs', { unit: '1/s', value: rate(trace?.syncs.length) }],
    ['median sync', { unit: 'ms', value: p50 === undefined ? undefined : Math.round(p50 / 10) / 100 }],
  ]);
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

function settingsOf({ config }: Facts): Map<string, string> {
  const settings = new Map<string, string>();
  for (const [directive, { item }] of config) {
    if (item.kind === 'server-config') settings.set(directive, item.value);
  }
  return settings;
}

function surroundingsOf({ manifest, report }: Side): Map<string, string> {
  const { machine, tools } = manifest;
  const { server } = report.target;
  const versions = Object.entries(tools ?? {}).map(([name, version]): [string, string] => [
    name,
    version ?? 'missing',
  ]);
  return new Map([
    ['perfcase that recorded', manifest.perfcase],
    ...(machine
      ? ([
          ['kernel', machine.kernel],
          ['operating system', machine.os],
          ['CPUs', String(machine.cpus)],
        ] as [string, string][])
      : []),
    ...(server ? ([['server', `${server.kind} ${server.version ?? ''}`.trim()]] as [string, string][]) : []),
    ...(report.tracer ? ([['tracer', report.tracer.name]] as [string, string][]) : []),
    ...versions,
  ]);
}

function differing(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ({ readonly name: string } & Change<string>)[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ name, ...changeOf(before.get(name), after.get(name)) }));
}
