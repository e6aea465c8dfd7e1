import type { Evidence } from '../../core/finding.ts';
import { xmlText as escaped } from '../xml.ts';

export { escaped };

/** Raw lines, each behind the tool and the line that it came from. */
export function evidenceLines(evidence: readonly Evidence[]): string {
  if (evidence.length === 0) return '';
  const rows = evidence.map(
    (each) =>
      `<li><span class="place">${escaped(placeOf(each))}</span> <code>${escaped(oneLine(each.text))}</code></li>`,
  );
  return `<ul class="evidence">${rows.join('')}</ul>`;
}

export function placeOf({ source, line }: Evidence): string {
  return line === undefined ? source : `${source}:${line}`;
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
