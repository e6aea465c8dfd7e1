import type { Finding, Prediction, Report, TimeParts } from '../../core/finding.ts';
import { formatMs } from '../../core/units.ts';
import { type Stretch, stack } from './layers.ts';
import { escaped, type Section } from './text.ts';

/** What a request's time goes to; each has the colour of its layer. */
const PARTS: readonly (readonly [keyof TimeParts, string, string])[] = [
  ['sync', 'sync', 'waiting for a sync'],
  ['write', 'append', 'commands that write'],
  ['scan', 'queue', 'commands that scan'],
  ['read', 'server', 'commands that read'],
  ['other', 'client', 'everything else'],
];

/** The time of a request as it is, and as the fixes will make it, one upon the other. */
export function fixes({ findings }: Report): Section | undefined {
  const predicted = findings
    .map((finding, index) => ({ ...finding, number: index + 1 }))
    .filter(({ prediction }) => prediction !== undefined);
  const first = predicted[0]?.prediction;
  if (!first) return undefined;
  const unit = first.metric === 'request seconds' ? 1000 : 1;
  const whole = first.before * unit;
  const rows = [
    row('Now', '', formatMs(whole), '', first.parts?.before, first.before, whole, unit),
    ...predicted.map(({ prediction, fix, id, number }) => {
      const { after, low, high, parts } = shown(prediction!);
      const name = `${number}. ${fix?.command ?? fix?.summary ?? id}`;
      const range = `${formatMs(low * unit)} to ${formatMs(high * unit)}`;
      return row(name, id, formatMs(after * unit), range, parts, after, whole, unit);
    }),
  ];
  const keys = PARTS.filter(([part]) => (first.parts?.before[part] ?? 0) > 0).map(
    ([, colour, name]) => `<li><span class="key ${colour}" aria-hidden="true"></span>${name}</li>`,
  );
  const what = first.metric === 'request seconds' ? 'one request' : 'one command';
  return {
    id: 'fixes',
    title: 'Before, and after each fix',
    html:
      `<p class="lead">The time of ${what}, without what the tracer added; as the fixes will make it, each upon those above it. A prediction has its bounds beside it.</p>` +
      `<ul class="keys">${keys.join('')}</ul><ol class="fixes">${rows.join('')}</ol>`,
  };
}

/** With the fixes before it, where there are any. */
function shown(prediction: Prediction) {
  const { inTurn, parts, after, low, high } = prediction;
  return inTurn ?? { after, low, high, parts: parts?.after };
}

function row(
  name: string,
  id: Finding['id'],
  figure: string,
  range: string,
  parts: TimeParts | undefined,
  total: number,
  wholeMs: number,
  unit: number,
): string {
  const stretches: Stretch[] = parts
    ? PARTS.map(([part, colour, words]) => ({ colour, name: words, ms: parts[part] * unit }))
    : [{ colour: 'client', name: 'all of it', ms: total * unit }];
  const more = [id && `<code>${escaped(id)}</code>`, range].filter(Boolean).join(' · ');
  return (
    `<li><div class="what"><b>${escaped(name)}</b>${more ? ` <span class="dim">${more}</span>` : ''}</div>` +
    `${stack(stretches, wholeMs)}<b class="figure">${escaped(figure)}</b></li>`
  );
}
