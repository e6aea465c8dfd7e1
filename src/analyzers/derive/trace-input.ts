import type { Census } from '../../core/census.ts';
import type {
  DescriptorObservation,
  SyscallObservation,
  TraceEventObservation,
} from '../../core/observation.ts';

export type StraceItem = SyscallObservation | TraceEventObservation;

/** What a tracer saw, and what is needed to understand it. */
export interface TraceInput {
  /** In the order of the log. */
  readonly items: readonly StraceItem[];
  /** The tool, as evidence names it. */
  readonly source: string;
  /** Lines of each log when several were put one behind the other. */
  readonly logLines?: readonly number[];
  /** Thread id to process id, where known. */
  readonly groups: ReadonlyMap<number, number>;
  /** The process under diagnosis; found from the log when absent. */
  readonly targetPid?: number;
  readonly descriptors: readonly DescriptorObservation[];
  /**
   * How many times faster the target ran when it was not traced, measured in the same run (1 or more);
   * absent when it was not measured.
   */
  readonly slowdown?: number;
  /** Descriptors of the target's that are connections of perfcase itself. */
  readonly ownFds?: readonly number[];
  /** Counts over the whole log, where `items` are stretches of it only. */
  readonly census?: Census;
  /** Calls that the tracer noticed and could not keep. */
  readonly lost?: number;
}

/**
 * Which process a thread belongs to: as given, else by the clones in the log, else the process that the descriptors
 * were listed for, else the thread itself.
 */
export function threadGroups(input: Pick<TraceInput, 'items' | 'groups' | 'descriptors' | 'targetPid'>): {
  pidOf: (tid: number | undefined) => number;
  target: number;
} {
  const groups = new Map(input.groups);
  const listed = new Set(input.descriptors.map((descriptor) => descriptor.pid));
  const main = input.targetPid ?? guessTarget(input.items, listed);
  const forks = new Map<number, number>();
  for (const item of input.items) {
    if (item.kind !== 'syscall' || !(item.result! > 0)) continue;
    if (!/^(?:clone3?|v?fork)$/.test(item.name)) continue;
    const parent = item.tid ?? main;
    if (item.name.startsWith('clone') && /CLONE_THREAD/.test(item.args)) {
      groups.set(item.result!, groups.get(parent) ?? parent);
    } else {
      forks.set(item.result!, item.result!);
    }
  }
  const pidOf = (tid: number | undefined): number => {
    if (tid === undefined) return main;
    const known = groups.get(tid) ?? forks.get(tid);
    if (known !== undefined) return known;
    // A log made by hand names threads only; its other threads belong to the process it was attached to.
    return listed.has(tid) || tid === main || input.groups.size > 0 ? tid : main;
  };
  return { pidOf, target: main };
}

/** The same without what moved on perfcase's own connections to the target, until they are closed. */
export function withoutOwn(
  input: TraceInput,
  { pidOf, target }: { readonly pidOf: (tid: number | undefined) => number; readonly target: number },
): TraceInput {
  if (!input.ownFds?.length) return input;
  const own = new Set(input.ownFds);
  const items = input.items.filter((item) => {
    if (item.kind !== 'syscall' || item.fd === undefined) return true;
    if (!own.has(item.fd) || pidOf(item.tid) !== target) return true;
    if (item.name === 'close') own.delete(item.fd);
    return false;
  });
  return { ...input, items };
}

/** A hand-made log: the process that was attached, else the listed process seen in it, else its first thread. */
function guessTarget(items: readonly StraceItem[], listed: ReadonlySet<number>): number {
  const tids = new Map<number, number>();
  for (const item of items) {
    if (item.tid === undefined) continue;
    if (item.kind === 'trace-event' && item.event === 'attached' && item.detail) return item.tid;
    tids.set(item.tid, (tids.get(item.tid) ?? 0) + 1);
  }
  const busiest = [...tids].sort((a, b) => b[1] - a[1]).map(([tid]) => tid);
  return busiest.find((tid) => listed.has(tid)) ?? busiest[0] ?? [...listed][0] ?? 0;
}

/** Which log a line stands in, and where: the second log of strace is "strace#2". */
export function placeIn(
  { source, logLines = [] }: Pick<TraceInput, 'source' | 'logLines'>,
  line: number,
): { source: string; line: number } {
  let before = 0;
  for (const [index, lines] of logLines.entries()) {
    if (line <= before + lines)
      return { source: index === 0 ? source : `${source}#${index + 1}`, line: line - before };
    before += lines;
  }
  return { source, line };
}
