import type { Report } from '../../core/finding.ts';
import type { Layer, LayerTime } from '../../core/timeline.ts';
import { formatMs, formatShare, plural } from '../../core/units.ts';
import { LAYER_NAMES } from '../drawing.ts';
import { evidenceLines } from './raw-lines.ts';
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

/** Where the time of slow requests went, by layer: as a bar, and as the table that says it. */
export function layers({ criticalPath }: Report): Section | undefined {
  if (!criticalPath || criticalPath.layers.length === 0) return undefined;
  const { of, what, count, seconds, covered, heldUpBy = [], slowest } = criticalPath;
  const whose = of === 'requests' ? `${count} ${what}` : plural(count, 'burst');
  const held = heldUpBy.map(
    ({ layer, who, seconds: behind }) =>
      `<li>${formatMs(behind * 1000)} behind ${escaped(layer === 'queue' ? who : `the sync for ${who}`)}</li>`,
  );
  const singles = slowest.map(
    (each) =>
      `<li><div class="what"><b>${escaped(each.what)}</b>${evidenceLines([each.evidence])}</div>` +
      `${stack(stretchesOf(each.layers), longestMs(slowest))}<b class="figure">${formatMs(each.seconds * 1000)}</b></li>`,
  );
  return {
    id: 'layers',
    title: 'Time by layer',
    html:
      `<p class="lead">${escaped(whose)}: ${formatMs(seconds * 1000)} together, as they were watched; ${formatShare(covered)} of it seen.</p>` +
      stack(stretchesOf(criticalPath.layers), seconds * 1000) +
      layerTable(criticalPath.layers) +
      (held.length > 0 ? `<h3>Held up by others</h3><ul>${held.join('')}</ul>` : '') +
      (singles.length > 1 ? `<h3>The slowest of them</h3><ol class="fixes">${singles.join('')}</ol>` : ''),
  };
}

/** All bars of single requests have the scale of the longest. */
const longestMs = (all: readonly { readonly seconds: number }[]): number =>
  Math.max(...all.map(({ seconds }) => seconds)) * 1000;

function stretchesOf(layers: readonly LayerTime[]): Stretch[] {
  return layers.map(({ layer, seconds }) => ({
    colour: layer,
    name: LAYER_NAMES[layer],
    ms: seconds * 1000,
  }));
}

function layerTable(layers: readonly LayerTime[]): string {
  const rows = layers.map(
    ({ layer, seconds, share }) =>
      `<tr><th scope="row"><span class="key ${layer}" aria-hidden="true"></span>${LAYER_NAMES[layer]}</th>` +
      `<td class="number">${formatMs(seconds * 1000)}</td><td class="number">${formatShare(share)}</td></tr>`,
  );
  return (
    '<table class="small"><thead><tr><th scope="col">layer</th><th scope="col" class="number">time</th>' +
    `<th scope="col" class="number">part</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
  );
}
