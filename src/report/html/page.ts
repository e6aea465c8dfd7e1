import type { Report } from '../../core/finding.ts';
import { viewOf } from '../view.ts';
import { causes, way } from './causes.ts';
import { fixes } from './fixes.ts';
import { layers } from './layers.ts';
import { opening } from './opening.ts';
import { rawLines } from './raw-lines.ts';
import { STYLE } from './style.ts';
import { syncs } from './syncs.ts';
import { tables } from './tables.ts';
import { talk } from './talk.ts';
import { escaped, type Section, sectionHtml } from './text.ts';
import { waterfall } from './waterfall.ts';

/**
 * The report as one file: no script, nothing fetched, readable without a mouse, in light, dark and on paper. What the
 * terminal shows stands here too, and beside it what only a picture can show.
 */
export function renderHtml(report: Report): string {
  return page(titleOf(report), opening(report), sectionsOf(report), footer(report));
}

export function sectionsOf(report: Report): Section[] {
  return [
    fixes(report),
    way(report),
    causes(report),
    layers(report),
    waterfall(report.waterfall),
    syncs(report.syncTimes),
    talk(report),
    ...tables(viewOf(report)),
    rawLines(report),
  ].filter((each) => each !== undefined);
}

/** A whole page around what it says. */
export function page(title: string, head: string, sections: readonly Section[], foot: string): string {
  const links = sections.map((each) => `<li><a href="#${each.id}">${escaped(each.title)}</a></li>`);
  return (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n' +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">\n` +
    `<title>${escaped(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n` +
    `<header>\n${head}\n</header>\n` +
    (sections.length > 1 ? `<nav aria-label="Contents"><ul>${links.join('')}</ul></nav>\n` : '') +
    `<main>\n${sections.map(sectionHtml).join('\n')}\n</main>\n${foot}</body>\n</html>\n`
  );
}

function titleOf({ target }: Report): string {
  return `perfcase: ${target.comm ?? 'logs'}${target.pid === undefined ? '' : ` ${target.pid}`}`;
}

export function footer({ window, perfcase }: Report): string {
  const when = window.startedAt === undefined ? '' : `, watched from ${window.startedAt}`;
  return `<footer>perfcase ${escaped(perfcase)}${escaped(when)}. Every claim names a tool and a line of what it printed.</footer>\n`;
}
