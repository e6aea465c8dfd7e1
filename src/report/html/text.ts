import type { Evidence } from '../../core/finding.ts';
import { xmlText as escaped } from '../xml.ts';

export { escaped };

/** "strace:19" */
export function placeOf({ source, line }: Evidence): string {
  return line === undefined ? source : `${source}:${line}`;
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A system call without the thread and the time before it. */
export function callIn(text: string): string {
  return oneLine(text).replace(/^(?:\[pid +\d+\] )?(?:[\d:.]+ )?/, '');
}

/** For a width or a place in CSS; never outside of what it is a part of. */
export function percent(part: number, whole: number): string {
  const value = whole > 0 ? (part / whole) * 100 : 0;
  return `${Number(Math.max(0, Math.min(100, value)).toFixed(2))}%`;
}

/** A part of the page that the contents name. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

export function sectionHtml({ id, title, html }: Section): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${escaped(title)}</h2>\n${html}</section>`;
}

/** Only for those who do not see the picture beside it. */
export function spoken(text: string): string {
  return `<span class="spoken">${escaped(text)}</span>`;
}
