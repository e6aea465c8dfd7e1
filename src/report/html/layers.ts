import type { Report } from '../../core/finding.ts';
import type { Layer } from '../../core/timeline.ts';
import { formatMs, formatShare } from '../../core/units.ts';
import { escaped, percent, type Section } from './text.ts';

/** What each layer of a waterfall is, in words. */
export const LAYERS: Readonly<Record<Layer, string>> = {
  sync: 'waiting for a sync',
  append: 'appending to the log',
  server: 'the server at work',
  client: 'the client, and the way there and back',
};

/** A stretch of time in one colour. */
export interface Stretch {
  /** Class of its colour. */
  readonly colour: string;
  readonly name: string;
  readonly ms: number;
}

/** Stretches one after another on a scale of `wholeMs`; what they say must stand beside it. */
export function stack(stretches: readonly Stretch[], wholeMs: number): string {
  const pieces = stretches
    .filter(({ ms }) => ms > 0)
    .map(
      ({ colour, name, ms }) =>
        `<span class="${colour}" style="width:${percent(ms, wholeMs)}" title="${escaped(name)}: ${formatMs(ms)}"></span>`,
    );
  return `<div class="stack" aria-hidden="true">${pieces.join('')}</div>`;
}

/** Where the time went, by layer: as a bar, and as the table that says it. */
export function layers(report: Report): Section | undefined {
  const { waterfall } = report;
  if (!waterfall) return undefined;
  const stretches = (Object.keys(LAYERS) as Layer[]).map(
    (layer): Stretch => ({ colour: layer, name: LAYERS[layer], ms: waterfall.layers[layer] }),
  );
  const whole = waterfall.burstMs || 1;
  return {
    id: 'layers',
    title: 'Time by layer',
    html:
      `<p class="lead">${formatMs(waterfall.burstMs)} that the slowest connection was busy without a pause, as they were measured.</p>` +
      stack(stretches, whole) +
      layerTable(stretches, whole),
  };
}

export function layerTable(stretches: readonly Stretch[], wholeMs: number): string {
  const rows = stretches
    .filter(({ ms }) => ms > 0)
    .map(
      ({ colour, name, ms }) =>
        `<tr><th scope="row"><span class="key ${colour}" aria-hidden="true"></span>${escaped(name)}</th>` +
        `<td class="number">${formatMs(ms)}</td><td class="number">${formatShare(ms / wholeMs)}</td></tr>`,
    );
  return (
    '<table class="small"><thead><tr><th scope="col">layer</th><th scope="col" class="number">time</th>' +
    `<th scope="col" class="number">part</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
  );
}
