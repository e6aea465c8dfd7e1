/**
 * What the tools saw, typed. Every observation keeps the line it was read from. A field that the tool did not
 * print is absent, never 0. Units are in the names; percentages are 0 to 100 (of one CPU for a process).
 */
export interface Seen {
  /** Line in the tool's output, from 1. */
  readonly line: number;
  /** That line as it was printed. */
  readonly text: string;
  /** The tool's own time stamp, as printed (for example "12:49:36"). */
  readonly clock?: string;
  /**
   * Which report of a tool that prints several (top, iostat, pidstat), from 0. The first of top, and of iostat
   * without -y, is an average since boot.
   */
  readonly frame?: number;
}
