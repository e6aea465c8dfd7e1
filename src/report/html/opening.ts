import { type Finding, type Report, SEVERITIES } from '../../core/finding.ts';
import { formatMs, formatShare, plural } from '../../core/units.ts';
import { titleOf } from '../view.ts';
import { escaped } from './text.ts';

const VERDICTS: Readonly<Record<Report['verdict'], string>> = {
  found: 'Found',
  clear: 'Nothing found',
  inconclusive: 'Inconclusive',
};

/** What one must have read when one reads nothing else: the verdict, the figures, what to do first. */
export function opening(report: Report, about = titleOf(report)): string {
  const { verdict, summary, findings } = report;
  return (
    `<p class="about">${escaped(about)}</p>` +
    `<h1 class="summary ${verdict}"><span class="badge ${verdict}">${VERDICTS[verdict]}</span> ${escaped(withoutAdvice(summary, findings[0]))}</h1>` +
    tiles(report) +
    (findings[0] ? advice(findings[0]) : '')
  );
}

/** The advice stands below it, in a box of its own. */
function withoutAdvice(summary: string, first: Finding | undefined): string {
  const tail = first?.fix && ` First: ${first.fix.command ?? first.fix.summary}`;
  return tail && summary.endsWith(tail) ? summary.slice(0, -tail.length) : summary;
}

function tiles({ findings, endpoints, syncTimes }: Report): string {
  const all: [string, string, string][] = [];
  const worst = endpoints
    .filter(({ seconds }) => seconds.p50 !== undefined)
    .reduce<Report['endpoints'][number] | undefined>(
      (a, b) => (a && a.seconds.p50! >= b.seconds.p50! ? a : b),
      undefined,
    );
  if (worst) {
    const commands = Object.values(worst.commands).reduce((a, b) => a + b, 0);
    all.push([
      formatMs(worst.seconds.p50! * 1000),
      worst.name,
      `${plural(commands, 'command')} for one request`,
    ]);
  }
  const first = findings[0];
  if (first?.share !== undefined)
    all.push([formatShare(first.share), 'of the time of its requests', `goes to ${first.id}`]);
  if (syncTimes)
    all.push([
      formatMs(syncTimes.p50Ms),
      'one sync, median',
      `${plural(syncTimes.count, 'sync')}, at most ${formatMs(syncTimes.maxMs)}`,
    ]);
  const prediction = first?.prediction;
  if (prediction && prediction.after > 0) {
    const unit = prediction.metric === 'request seconds' ? 1000 : 1;
    all.push([
      formatMs(prediction.after * unit),
      'after the first fix, predicted',
      `instead of ${formatMs(prediction.before * unit)}`,
    ]);
  }
  if (all.length === 0) return '';
  const items = all.map(
    ([figure, what, more]) =>
      `<li><strong>${escaped(figure)}</strong> <span>${escaped(what)}</span> <small>${escaped(more)}</small></li>`,
  );
  return `<ul class="tiles">${items.join('')}</ul>`;
}

function advice({ fix, id }: Finding): string {
  if (!fix) return '';
  const command = fix.command === undefined ? '' : `<code class="command">${escaped(fix.command)}</code>`;
  return (
    `<div class="advice"><p><strong>First</strong> ${escaped(fix.summary)} <span class="dim">against <code>${escaped(id)}</code></span></p>` +
    `${command}<p class="dim">What it costs: ${escaped(fix.cost)}</p></div>`
  );
}

/** "2 critical, 1 warning" */
export function severitiesOf(findings: readonly Finding[]): string {
  return SEVERITIES.toReversed()
    .map((name) => [name, findings.filter(({ severity }) => severity === name).length] as const)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
