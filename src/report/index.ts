import type { Report } from '../core/finding.ts';
import { renderHtml } from './html/page.ts';
import { jsonText } from './json-text.ts';
import { renderJUnit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { RenderOptions } from './options.ts';
import { renderSarif } from './sarif.ts';
import { renderTerminal } from './terminal.ts';

/** Every output format. A new one: one file in this folder, one line here. */
export const FORMATS = {
  text: renderTerminal,
  json: (report: Report) => jsonText(report),
  markdown: renderMarkdown,
  html: renderHtml,
  junit: renderJUnit,
  sarif: renderSarif,
} as const satisfies Record<string, (report: Report, options: RenderOptions) => string>;

export type Format = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as Format[];
