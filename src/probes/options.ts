/** What `perfcase probe NAME` passes to a probe; every probe takes what it understands. */
export interface ProbeRun {
  /** The tool's own arguments, given as they are after `--`; they replace all that the probe would choose. */
  readonly args?: readonly string[];
  readonly pid?: number;
  readonly port?: number;
  /** Length of the window, where the tool watches one. */
  readonly durationMs?: number;
  /** The command is ended after this; at least the window. */
  readonly timeoutMs?: number;
}

/** A tool answers within this, beyond the window it was asked to watch. */
export const GRACE_MS = 10_000;

/** Whole seconds, at least 1: the unit in which sysstat counts. */
export function wholeSeconds(durationMs: number | undefined, otherwise: number): number {
  return durationMs === undefined ? otherwise : Math.max(1, Math.round(durationMs / 1000));
}
