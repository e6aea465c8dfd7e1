import type { Evidence, Report } from '../../core/finding.ts';
import { escaped, oneLine, placeOf, type Section } from './text.ts';

/** Captured lines beside a claim; each place leads to the line among its neighbours. */
export function evidenceLines(evidence: readonly Evidence[]): string {
  if (evidence.length === 0) return '';
  const rows = evidence.map(
    (each) =>
      `<li><a class="place" href="#${anchorOf(each)}">${escaped(placeOf(each))}</a> <code>${escaped(oneLine(each.text))}</code></li>`,
  );
  return `<ul class="evidence">${rows.join('')}</ul>`;
}

/** Every captured line that the report stands on, by tool and in the order of its output. */
export function rawLines(report: Report): Section | undefined {
  const lines = new Map<string, Evidence>();
  for (const each of [
    ...report.path.flatMap(({ evidence }) => evidence),
    ...report.findings.flatMap(({ evidence }) => evidence),
    ...report.ruledOut.flatMap(({ evidence = [] }) => evidence),
    ...(report.criticalPath?.slowest ?? []).map(({ evidence }) => evidence),
    ...(report.waterfall?.rows ?? []).flatMap(({ evidence }) => evidence ?? []),
  ]) {
    const anchor = anchorOf(each);
    if (!lines.has(anchor)) lines.set(anchor, each);
  }
  if (lines.size === 0) return undefined;
  const tools = new Map<string, [string, Evidence][]>();
  for (const [anchor, each] of lines)
    tools.set(each.source, [...(tools.get(each.source) ?? []), [anchor, each]]);
  const html = [...tools].map(([source, own]) => {
    const rows = own
      .sort(([, a], [, b]) => (a.line ?? 0) - (b.line ?? 0))
      .map(
        ([anchor, { line, text }]) =>
          `<li id="${anchor}"><span class="place">${line ?? ''}</span> <code>${escaped(oneLine(text))}</code></li>`,
      );
    return `<h3>${escaped(source)}</h3><ul class="evidence numbered">${rows.join('')}</ul>`;
  });
  return { id: 'raw', title: 'The raw lines', html: `<p class="lead">${LEAD}</p>${html.join('')}` };
}

const LEAD =
  'Every captured line that this report stands on, with its number in what the tool printed. Keys and values are left out unless the report was asked to show them.';

/** Lines without a number are told apart by their text. */
function anchorOf({ source, line, text }: Evidence): string {
  const name = source.replaceAll(/[^\w]+/g, '-');
  return `raw-${name}-${line ?? hashOf(text)}`;
}

/** FNV-1a: short, and the same in every run. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const each of text) hash = Math.imul(hash ^ each.codePointAt(0)!, 0x01000193) >>> 0;
  return `t${hash.toString(16)}`;
}
