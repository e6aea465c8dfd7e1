import type { Severity } from '../core/finding.ts';

/** What a renderer may want to know besides the report. */
export interface RenderOptions {
  readonly colour: boolean;
  /** Columns; a text report keeps within them. */
  readonly width?: number;
  /** From which severity on a finding is a failure; "warning" where nobody said. */
  readonly failOn?: Severity | 'never';
  /** What each cause asks, by its id. */
  readonly questions?: ReadonlyMap<string, string>;
}
