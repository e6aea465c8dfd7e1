import type { Layer, SyncTimes, Waterfall } from '../../core/timeline.ts';
import { formatMs, formatShare } from '../../core/units.ts';
import { escaped, oneLine, placeOf } from './text.ts';

const LAYERS: Readonly<Record<Layer, string>> = {
  sync: 'waiting for a sync',
  append: 'appending to the log',
  server: 'the server at work',
  client: 'the client, and the way there and back',
};

const percent = (part: number, whole: number): string =>
  `${Math.max(0, Math.min(100, (part / whole) * 100)).toFixed(2)}%`;

/** Where the time of the whole burst went: one bar, and the same as a table. */
export function layerBar({ layers, burstMs }: Waterfall): string {
  const whole = burstMs || 1;
  const present = (Object.keys(LAYERS) as Layer[]).filter((layer) => layers[layer] > 0);
  const bar = present
    .map((layer) => `<span class="${layer}" style="width:${percent(layers[layer], whole)}"></span>`)
    .join('');
  const rows = present.map(
    (layer) =>
      `<tr><th scope="row"><span class="key ${layer}" aria-hidden="true"></span>${LAYERS[layer]}</th>` +
      `<td class="number">${formatMs(layers[layer])}</td><td class="number">${formatShare(layers[layer] / whole)}</td></tr>`,
  );
  return (
    `<div class="stack" aria-hidden="true">${bar}</div>` +
    `<table><caption>${formatMs(burstMs)} as they were measured, the tracer's own cost included</caption>` +
    `<thead><tr><th scope="col">layer</th><th scope="col" class="number">time</th><th scope="col" class="number">part</th></tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}

/** One line a piece, with its bar at its place in time and its raw line. */
export function waterfallTable({ what, ms, rows }: Waterfall): string {
  const body = rows.map(({ layer, label, startMs, ms: took, evidence }) => {
    const raw = evidence ? `${placeOf(evidence)} ${oneLine(evidence.text)}` : LAYERS[layer];
    return (
      `<tr title="${escaped(raw)}"><td class="number">${startMs.toFixed(2)}</td>` +
      `<td>${escaped(label)}</td><td class="number">${formatMs(took)}</td>` +
      `<td class="bars"><span class="bar ${layer}" style="margin-left:${percent(startMs, ms)};width:${percent(took, ms)}"></span></td>` +
      `<td>${evidence ? `<code>${escaped(callIn(evidence.text))}</code>` : ''}</td></tr>`
    );
  });
  return (
    '<div class="scroll" tabindex="0" role="region" aria-label="Waterfall"><table class="waterfall">' +
    `<caption>${escaped(what)}; ${formatMs(ms)}</caption>` +
    '<thead><tr><th scope="col" class="number">ms</th><th scope="col">what</th><th scope="col" class="number">took</th>' +
    '<th scope="col">when</th><th scope="col">raw line</th></tr></thead>' +
    `<tbody>${body.join('')}</tbody></table></div>`
  );
}

/** Without the thread and the time: the row tells these. */
function callIn(text: string): string {
  return oneLine(text).replace(/^(?:\[pid +\d+\] )?(?:[\d:.]+ )?/, '');
}

const WIDTH = 600;
const HEIGHT = 120;
const LEFT = 48;
const BOTTOM = 18;

/** Median and worst sync of each part of the window, over time. */
export function syncChart({ slots, slotSeconds, maxMs }: SyncTimes): string {
  const top = maxMs || 1;
  const step = (WIDTH - LEFT) / slots.length;
  const y = (ms: number): number => (HEIGHT - BOTTOM) * (1 - ms / top);
  const bars = slots.flatMap(({ p50Ms, maxMs: most }, index) => {
    if (p50Ms === undefined || most === undefined) return [];
    const x = (LEFT + index * step).toFixed(1);
    const bar = (ms: number, kind: string) =>
      `<rect class="${kind}" x="${x}" y="${y(ms).toFixed(1)}" width="${Math.max(1, step - 1).toFixed(1)}" height="${(HEIGHT - BOTTOM - y(ms)).toFixed(1)}"/>`;
    return [bar(most, 'most'), bar(p50Ms, 'mark')];
  });
  const seconds = (slots.length * slotSeconds).toFixed(1);
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Sync time over ${seconds} seconds: median and worst">` +
    `<line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>` +
    `<text x="0" y="10">${formatMs(top)}</text><text x="0" y="${HEIGHT - BOTTOM}">0</text>` +
    `<text x="${LEFT}" y="${HEIGHT - 4}">0 s</text><text x="${WIDTH}" y="${HEIGHT - 4}" text-anchor="end">${seconds} s</text>` +
    `${bars.join('')}</svg>`
  );
}

/** How often syncs took how long, as a table with bars. */
export function histogramTable({ histogram, count }: SyncTimes): string {
  const most = Math.max(...histogram.map((each) => each.count));
  const rows = histogram.map(
    ({ fromMs, toMs, count: here }) =>
      `<tr><th scope="row">${formatMs(fromMs)} to ${formatMs(toMs)}</th><td class="number">${here}</td>` +
      `<td class="bars"><span class="bar sync" style="width:${percent(here, most)}"></span></td></tr>`,
  );
  return (
    `<table class="waterfall"><caption>${count} syncs by the time they took</caption>` +
    '<thead><tr><th scope="col">time</th><th scope="col" class="number">syncs</th><th scope="col">how many</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}
