import type { Report } from '../../core/finding.ts';
import { plural } from '../../core/units.ts';
import { factsOf, SHARES } from '../view.ts';
import { severitiesOf } from './opening.ts';
import { evidenceLines } from './raw-lines.ts';
import { escaped, percent, type Section } from './text.ts';

/** From the symptom to the cause, question by question. */
export function way({ path }: Report): Section | undefined {
  if (path.length === 0) return undefined;
  const steps = path.map(
    ({ question, answer, evidence }) =>
      `<li><div><span class="question">${escaped(question)}</span> <span class="answer">${escaped(answer)}</span></div>${evidenceLines(evidence)}</li>`,
  );
  return {
    id: 'path',
    title: 'From the symptom to the cause',
    html: `<ol class="path">${steps.join('')}</ol>`,
  };
}

export function causes({ findings }: Report): Section | undefined {
  if (findings.length === 0) return undefined;
  const cards = findings.map((finding, index) => {
    const facts = factsOf(finding).map(
      ([name, text]) =>
        `<dt>${escaped(name)}</dt><dd>${name === 'command' ? `<code>${escaped(text)}</code>` : escaped(text)}${
          name === 'share' ? shareBar(finding.share!) : ''
        }</dd>`,
    );
    return (
      `<article class="${finding.severity}"><h3>${index + 1}. ${escaped(finding.title)}</h3>` +
      `<p class="tags"><span class="severity ${finding.severity}">${finding.severity}</span> <code>${escaped(finding.id)}</code></p>` +
      `<p>${escaped(finding.why)}</p><dl>${facts.join('')}</dl>` +
      `<h4>Evidence</h4>${evidenceLines(finding.evidence)}</article>`
    );
  });
  const shares = findings.some(({ share }) => share !== undefined)
    ? `<p class="dim">${escaped(SHARES)}</p>`
    : '';
  return {
    id: 'causes',
    title: `${plural(findings.length, 'cause')}: ${severitiesOf(findings)}`,
    html: cards.join('\n') + shares,
  };
}

const shareBar = (share: number): string =>
  `<span class="meter" aria-hidden="true"><span style="width:${percent(share, 1)}"></span></span>`;
