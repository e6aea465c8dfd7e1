import type { ClientProcess, Evidence, Target } from '../core/finding.ts';
import type {
  CpuObservation,
  DescriptorObservation,
  DiskObservation,
  MemoryObservation,
  Observation,
  PressureObservation,
  ProcessCpuObservation,
  ProcessIoObservation,
  ProcessObservation,
  SyscallObservation,
} from '../core/observation.ts';
import { redactCall } from '../core/redact.ts';
import type { Trace } from './derive/trace.ts';

/** An observation, and the tool that saw it. */
export interface Sighting<T extends Observation = Observation> {
  readonly source: string;
  readonly item: T;
}

/** How the target's threads used CPUs while nobody traced it; from /proc. */
export interface TargetCpu {
  /** Busiest thread, percent of one CPU. */
  readonly busiestThreadPercent?: number;
  readonly busiestThread?: string;
  /** Part of the window that the target's main thread was runnable and had no CPU, 0 to 1. */
  readonly runDelayShare?: number;
  readonly seconds: number;
  readonly evidence: readonly Evidence[];
}

/** Everything the rules may look at, computed once. A part that could not be had is absent, with its reason. */
export interface Facts {
  readonly target: Target;
  readonly sightings: readonly Sighting[];
  readonly trace?: Trace;
  /** Why `trace` is absent. */
  readonly traceMissing?: string;
  /** CONFIG GET: directive to value. */
  readonly config: ReadonlyMap<string, Sighting>;
  /** Why the configuration could not be read; absent when it was, or when nobody asked. */
  readonly configMissing?: string;
  /** Why something else could not be collected, by tool. */
  readonly missing: ReadonlyMap<string, string>;
  readonly targetCpu?: TargetCpu;
  /** Pages swapped in and out during the window. */
  readonly swapped?: { readonly inPages: number; readonly outPages: number; readonly seconds: number };
  readonly clients: readonly ClientProcess[];
  /** True when TracerPid of the live target was read and was 0. */
  readonly untraced?: boolean;
  /** Another tracer that is attached to the target. */
  readonly otherTracer?: { readonly pid: number; readonly comm: string; readonly evidence: Evidence };
  /** The target ended while it was watched. */
  readonly ended?: boolean;
  readonly redact: boolean;
}

type Kind = Observation['kind'];
type OfKind<K extends Kind, O = Observation> = O extends { kind: infer X }
  ? K extends X
    ? O
    : never
  : never;

/** The sightings of one kind, in the order they were captured. */
export function seen<K extends Kind>(facts: Pick<Facts, 'sightings'>, kind: K): Sighting<OfKind<K>>[] {
  return facts.sightings.filter((each) => each.item.kind === kind) as unknown as Sighting<OfKind<K>>[];
}

/** The last report of each tool: top's and iostat's first one is an average since boot. */
export function latest<T extends Observation & { frame?: number }>(sightings: Sighting<T>[]): Sighting<T>[] {
  const last = new Map<string, number>();
  for (const { source, item } of sightings) {
    last.set(source, Math.max(last.get(source) ?? 0, item.frame ?? 0));
  }
  return sightings.filter(({ source, item }) => (item.frame ?? 0) === last.get(source));
}

/** Every report but the first, when there are several. */
export function settled<T extends Observation & { frame?: number }>(sightings: Sighting<T>[]): Sighting<T>[] {
  const later = sightings.filter(({ item }) => (item.frame ?? 0) > 0);
  return later.length > 0 ? later : sightings;
}

export type CpuSighting = Sighting<CpuObservation>;
export type DiskSighting = Sighting<DiskObservation>;
export type MemorySighting = Sighting<MemoryObservation>;
export type PressureSighting = Sighting<PressureObservation>;
export type ProcessSighting = Sighting<ProcessObservation>;
export type ProcessIoSighting = Sighting<ProcessIoObservation>;
export type ProcessCpuSighting = Sighting<ProcessCpuObservation>;
export type DescriptorSighting = Sighting<DescriptorObservation>;

/** Points at the line an observation was read from. */
export function evidenceOf({ source, item }: Sighting): Evidence {
  return { source, line: item.line, text: item.text.trim() };
}

/** Points at a system call; its data is described instead of shown, unless redaction is off. */
export function callEvidence(facts: Pick<Facts, 'trace' | 'redact'>, call: SyscallObservation): Evidence {
  const place = facts.trace?.placeOf(call.line) ?? { source: 'strace', line: call.line };
  return {
    ...place,
    text: facts.redact ? redactCall(call, facts.trace?.contentOf(call)) : call.text.trim(),
  };
}
