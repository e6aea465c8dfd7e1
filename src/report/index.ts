import type { Report } from '../core/finding.ts';
import { renderMarkdown } from './markdown.ts';
import { renderTerminal, type TerminalOptions } from './terminal.ts';

/** Every output format. A new one: one file in this folder, one line here. */
export const FORMATS = {
  text: renderTerminal,
  json: (report: Report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown: renderMarkdown,
} as const satisfies Record<string, (report: Report, options: TerminalOptions) => string>;

export type Format = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as Format[];
