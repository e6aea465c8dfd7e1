import { setFlagsFromString } from 'node:v8';
import { diagnose } from '../../analyzers/engine.ts';
import type { Facts } from '../../analyzers/facts.ts';
import { assemble, type ReadOutput } from '../../capture/assemble.ts';
import type { RawCapture, RawOutput } from '../../capture/raw-capture.ts';
import { readLogs } from '../../capture/read-log.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { programOf } from '../../core/redact.ts';
import { parsePidstat } from '../../probes/pidstat.ts';
import { parseStrace, type StraceItem } from '../../probes/strace.ts';
import type { Io } from '../command.ts';
import { readInput } from '../probe/input.ts';
import {
  numberOption,
  printReport,
  progressOf,
  type ReportOptions,
  reportSettings,
} from '../report-output.ts';

/** Outputs of tools that somebody saved; each may be given several times. */
export interface LogOptions extends ReportOptions {
  readonly strace: string[];
  readonly lsof: string[];
  readonly pidstat: string[];
  readonly iostat: string[];
  readonly top: string[];
  readonly pid?: string;
}

const TOOLS = ['lsof', 'pidstat', 'iostat', 'top'] as const;

/** Diagnoses from saved outputs. @throws UserError when they cannot be read or say nothing */
export async function analyzeLogs(options: LogOptions, io: Io): Promise<void> {
  reportSettings(options);
  const progress = progressOf(options, io);
  const outputs = await readOutputs(options, io.signal);
  if (options.strace.length + outputs.length === 0) {
    throw new UserError(
      'nothing to analyze; give at least --strace LOG, better with --lsof, --pidstat, --iostat and --top.',
    );
  }
  const log =
    options.strace.length > 0 ? await readLogs(options.strace, { signal: io.signal, progress }) : undefined;
  const large = log?.kind === 'large' ? log : undefined;
  if (large) runOnce();
  const text = log?.kind === 'whole' ? log.text : '';
  const parsed = large ? undefined : parseStrace(text);
  const first = large?.items ?? parsed!.items;
  const pid =
    options.pid === undefined ? guessPid(first, outputs) : numberOption('--pid', options.pid, 2 ** 22);
  const capture: RawCapture = {
    target: pid === undefined ? {} : { pid },
    outputs,
    ...(log ? { strace: { text, threads: [], logLines: log.logLines } } : {}),
    missing: {},
    clients: [],
  };
  const { facts: unnamed, read: outcomes } = assemble(capture, {
    redact: options.redact,
    ...(large ? { large } : {}),
    ...(parsed ? { parsed } : {}),
  });
  const comm = pid === undefined ? undefined : commIn(unnamed, pid);
  const facts = comm === undefined ? unnamed : { ...unnamed, target: { ...unnamed.target, comm } };
  // Of a long log a line that could not be read is kept too; without any call it is no log of strace.
  const read = outcomes.map((each) =>
    each.source === 'strace' && large?.census.calls === 0 ? { ...each, items: 0 } : each,
  );
  tellProblems(read, progress);
  const empty = read.filter((each) => each.items === 0);
  if (empty.length === read.length) {
    throw new UserError(
      `nothing in the input looks like ${read.map((each) => each.source).join(' or ')} output; check which tool printed which file.`,
      EXIT.inconclusive,
    );
  }
  // A log whose lines name processes names the one that is asked about; a sample of a large one need not.
  const isElsewhere = !large && first.some(({ tid }) => tid !== undefined) && !names(text, pid);
  if (options.pid !== undefined && pid !== undefined && !mentions(facts, pid, isElsewhere)) {
    throw new UserError(`nothing in the input is about pid ${pid}; leave --pid out to see what it is about.`);
  }
  const { calls: events, seconds } = facts.trace?.census ?? facts.trace ?? {};
  const report = diagnose(facts, {
    ...(seconds === undefined ? {} : { seconds: Math.round(seconds * 1000) / 1000 }),
    ...(events === undefined ? {} : { tracer: { name: 'strace', events } }),
  });
  await printReport(report, options, io);
}

/**
 * What follows the census of a long log takes a tenth of a second, whatever its size: too short for what V8
 * spends on compiling it well, and on threads that help to collect garbage (measured: a seventh of all CPU time at 250 MB).
 */
function runOnce(): void {
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-parallel-scavenge');
}

async function readOutputs(options: LogOptions, signal: AbortSignal): Promise<RawOutput[]> {
  const outputs: RawOutput[] = [];
  for (const tool of TOOLS) {
    for (const [index, file] of options[tool].entries()) {
      outputs.push({
        probe: tool,
        source: index === 0 ? tool : `${tool}#${index + 1}`,
        text: await readInput(file, signal),
      });
    }
  }
  return outputs;
}

function names(log: string, pid: number | undefined): boolean {
  return pid !== undefined && new RegExp(`(?<!\\d)${pid}(?!\\d)`).test(log);
}

function mentions({ sightings, trace }: Facts, pid: number, isElsewhere: boolean): boolean {
  if (!isElsewhere && trace?.channels.some((channel) => channel.pid === pid)) return true;
  return sightings.some(({ item }) => 'pid' in item && item.pid === pid);
}

function tellProblems(read: readonly ReadOutput[], progress: (line: string) => void): void {
  for (const { source, items, problems, unread = problems.length } of read) {
    if (items === 0) progress(`nothing in the ${source} input looks like its output`);
    for (const problem of problems.slice(0, 3)) {
      progress(`${source}:${problem.line}: not read (${problem.reason})`);
    }
    if (unread > 3) progress(`${source}: ${unread - 3} more lines were not read`);
  }
}

/** The process in the strace log that pidstat or lsof name too; else the one that was attached to. */
function guessPid(items: readonly StraceItem[], outputs: readonly RawOutput[]): number | undefined {
  const tids = new Map<number, number>();
  for (const { tid } of items) if (tid !== undefined) tids.set(tid, (tids.get(tid) ?? 0) + 1);
  const attached = items.find(
    (item) => item.kind === 'trace-event' && item.event === 'attached' && item.detail,
  );
  if (attached?.tid !== undefined) return attached.tid;
  const listed = outputs
    .filter((each) => each.probe === 'lsof')
    .flatMap((each) => [...each.text.matchAll(/^\S+\s+(\d+)\s/gm)].map((match) => Number(match[1])));
  const both = listed.find((pid) => tids.has(pid));
  if (both !== undefined) return both;
  if (tids.size > 0) return [...tids].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  if (listed.length > 0) return listed[0];
  const writers = outputs
    .filter((each) => each.probe === 'pidstat')
    .flatMap((each) => parsePidstat(each.text).items)
    .flatMap((item) =>
      item.kind === 'process-io' && !/^(?:jbd2|kworker)/.test(item.command ?? '') ? [item] : [],
    )
    .sort((a, b) => (b.writeKibPerSec ?? 0) - (a.writeKibPerSec ?? 0));
  return writers[0]?.pid;
}

/** The program's name as pidstat or top have it, without the arguments that pidstat -l and top -c print behind it. */
function commIn({ sightings }: Facts, pid: number): string | undefined {
  for (const { item } of sightings) {
    const isRow = item.kind === 'process-io' || item.kind === 'process-cpu' || item.kind === 'process';
    if (isRow && item.pid === pid && item.command) return programOf(item.command);
  }
  return undefined;
}
