import type { PathStep, Report } from '../../core/finding.ts';
import { formatMs } from '../../core/units.ts';
import { type Block, viewOf } from '../view.ts';
import { histogramTable, layerBar, syncChart, waterfallTable } from './charts.ts';
import { STYLE } from './style.ts';
import { escaped, evidenceLines } from './text.ts';

/**
 * The report as one file: no script, nothing fetched, readable without a mouse, in light, dark and on paper. What the
 * terminal shows stands here too, and beside it what only a picture can show.
 */
export function renderHtml(report: Report): string {
  const [opening = [], ...sections] = sectionsOf(viewOf(report));
  const title = opening.find((block) => block.kind === 'title');
  const heading = title?.kind === 'title' ? title.text : 'perfcase';
  const isCauses = (blocks: readonly Block[]) => blocks.some((block) => block.kind === 'finding');
  const body = [
    renderBlocks(opening),
    ...sections.filter(isCauses).map(renderBlocks),
    talkOf(report),
    report.waterfall
      ? section(
          'Where the time of a slow request went',
          layerBar(report.waterfall) + waterfallTable(report.waterfall),
        )
      : '',
    report.syncTimes ? section('Syncs', syncsOf(report.syncTimes)) : '',
    ...sections.filter((blocks) => !isCauses(blocks)).map(renderBlocks),
  ]
    .filter((part) => part !== '')
    .join('\n');
  return (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n' +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">\n` +
    `<title>${escaped(heading)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<main>\n${body}\n</main>\n` +
    `${footer(report)}</body>\n</html>\n`
  );
}

/** What stands before the first heading, then each heading with what belongs to it. What is drawn better here is left out. */
function sectionsOf(blocks: readonly Block[]): Block[][] {
  const sections: Block[][] = [[]];
  for (const block of blocks) {
    if (block.kind === 'heading') sections.push([block]);
    else sections.at(-1)!.push(block);
  }
  return sections.filter((each) => !each.some((block) => block.kind === 'drawing'));
}

const section = (title: string, content: string): string =>
  `<section><h2>${escaped(title)}</h2>${content}</section>`;

function renderBlocks(blocks: readonly Block[]): string {
  const parts: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const isFirstStep = block.kind === 'step' && blocks[index - 1]?.kind !== 'step';
    const isLastStep = block.kind === 'step' && blocks[index + 1]?.kind !== 'step';
    parts.push(`${isFirstStep ? '<ol class="path">' : ''}${renderBlock(block)}${isLastStep ? '</ol>' : ''}`);
  }
  return parts.filter((part) => part !== '').join('\n');
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `<h1>${escaped(block.text)}</h1>`;
    case 'summary':
      return `<p class="summary ${block.verdict}">${escaped(block.text)}</p>`;
    case 'heading':
      return `<h2>${escaped(block.text)}</h2>`;
    case 'note':
      return `<p>${escaped(block.text)}</p>`;
    case 'step':
      return `<li>${escaped(block.question)} <span class="answer">${escaped(block.answer)}</span>${evidenceLines(block.evidence)}</li>`;
    case 'finding': {
      const { finding } = block;
      const facts = block.facts
        .map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`)
        .join('');
      return (
        `<article><h3>${block.number}. ${escaped(finding.title)}</h3>` +
        `<span class="severity ${finding.severity}">${finding.severity}</span> <code>${escaped(finding.id)}</code>` +
        `<p>${escaped(finding.why)}</p><dl>${facts}</dl>${evidenceLines(finding.evidence)}</article>`
      );
    }
    case 'table': {
      const head = block.head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('');
      const rows = block.rows.map(
        (row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`,
      );
      return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(block.head.join(', '))}"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
    }
    case 'drawing':
      return '';
    default:
      return block satisfies never;
  }
}

/** Who talks to whom: clients, the target, its file. */
function talkOf({ clients, target, path }: Report): string {
  if (target.pid === undefined) return '';
  const known = clients.filter((client) => client.pid !== undefined);
  const byProcess = new Map(known.map((client) => [client.pid, client]));
  const file = path.find((step: PathStep) => step.question === 'Which file is that?');
  const box = (text: string) => `<li class="box">${escaped(text)}</li>`;
  const way = (text: string) => `<li class="way">${escaped(text)}</li>`;
  const server = `${target.comm ?? 'process'} (${target.pid})${target.container ? ` in ${target.container}` : ''}`;
  const behind = file ? way('writes to →') + box(file.answer) : '';
  const lines = [...byProcess.values()].slice(0, 8).map(({ pid, comm, address, container }) => {
    const connections = known.filter((client) => client.pid === pid).length;
    const more = connections > 1 ? ` and ${connections - 1} more` : '';
    const name = `${comm ?? 'process'} (${pid})${container ? ` in ${container}` : ''}`;
    return `<ul class="talk">${box(name)}${way(`from ${address}${more} →`)}${box(server)}${behind}</ul>`;
  });
  if (lines.length === 0) lines.push(`<ul class="talk">${box(server)}${behind}</ul>`);
  const hidden = byProcess.size - 8;
  if (hidden > 0) lines.push(`<p>${hidden} more client processes.</p>`);
  return section('Who talks to whom', lines.join(''));
}

function syncsOf(times: NonNullable<Report['syncTimes']>): string {
  const { count, p50Ms, p99Ms, maxMs } = times;
  const words = `${count} syncs: ${formatMs(p50Ms)} (median), 99 % within ${formatMs(p99Ms)}, at most ${formatMs(maxMs)}. The solid part of each bar is the median, the light part the worst.`;
  return `<p>${words}</p>${syncChart(times)}${histogramTable(times)}`;
}

function footer({ window, perfcase }: Report): string {
  const when = window.startedAt === undefined ? '' : `, watched from ${window.startedAt}`;
  return `<footer>perfcase ${escaped(perfcase)}${escaped(when)}. Every claim names a tool and a line of what it printed.</footer>\n`;
}
