import type { Report } from '../core/finding.ts';
import { renderHtml } from './html/page.ts';
import { renderMarkdown } from './markdown.ts';
import { renderTerminal, type TerminalOptions } from './terminal.ts';

/** JSON may hold them raw; some terminals take them for commands. */
const C1 = /[\x7f-\x9f]/g;
const escapeC1 = (each: string): string => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Every output format. A new one: one file in this folder, one line here. */
export const FORMATS = {
  text: renderTerminal,
  json: (report: Report) => `${JSON.stringify(report, null, 2).replace(C1, escapeC1)}\n`,
  markdown: renderMarkdown,
  html: renderHtml,
} as const satisfies Record<string, (report: Report, options: TerminalOptions) => string>;

export type Format = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as Format[];
