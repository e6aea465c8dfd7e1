import type { SyncTimes } from '../../core/timeline.ts';
import { formatMs, plural, significant } from '../../core/units.ts';
import { percent, type Section } from './text.ts';

/** How long syncs took, over time and by how long. */
export function syncs(times: SyncTimes | undefined): Section | undefined {
  if (!times) return undefined;
  const { count, p50Ms, p99Ms, maxMs } = times;
  return {
    id: 'syncs',
    title: 'How long a sync took',
    html:
      `<p class="lead">${plural(count, 'sync')}: ${formatMs(p50Ms)} (median), 99 % within ${formatMs(p99Ms)}, at most ${formatMs(maxMs)}.</p>` +
      `<div class="halves">${overTime(times)}${histogram(times)}</div>`,
  };
}

/** Median and worst of each part of the window. */
function overTime({ slots, slotSeconds }: SyncTimes): string {
  const medians = slots.flatMap(({ p50Ms }) => p50Ms ?? []);
  const worst = Math.max(...slots.flatMap(({ maxMs }) => maxMs ?? []));
  const isFar = worst > FAR * Math.max(...medians);
  const scale = isFar ? logScale(Math.min(...medians), worst) : evenScale(worst);
  const seconds = slots.length * slotSeconds;
  const bars = slots.map(({ count, p50Ms, maxMs }, index) => {
    if (p50Ms === undefined || maxMs === undefined) return '<span></span>';
    const from = significant(index * slotSeconds);
    const title = `from ${from} s: ${plural(count, 'sync')}, median ${formatMs(p50Ms)}, at most ${formatMs(maxMs)}`;
    return `<span title="${title}"><i class="most" style="height:${scale.at(maxMs)}"></i><i class="median" style="height:${scale.at(p50Ms)}"></i></span>`;
  });
  const lines = scale.ticks.map((ms) => `<span style="bottom:${scale.at(ms)}">${formatMs(ms)}</span>`);
  const rows = slots.flatMap(({ count, p50Ms, maxMs }, index) =>
    p50Ms === undefined || maxMs === undefined
      ? []
      : `<tr><td class="number">${significant(index * slotSeconds)} s</td><td class="number">${count}</td><td class="number">${formatMs(p50Ms)}</td><td class="number">${formatMs(maxMs)}</td></tr>`,
  );
  return (
    `<figure><figcaption>Over time: <span class="key sync"></span>median and <span class="key worst"></span>worst${isFar ? ', on a logarithmic scale' : ''}</figcaption>` +
    `<div class="plot" aria-hidden="true"><div class="grid">${lines.join('')}</div><div class="slots">${bars.join('')}</div></div>` +
    `<div class="ends" aria-hidden="true"><span>0 s</span><span>${significant(seconds)} s</span></div>` +
    '<details class="numbers"><summary>The same as numbers</summary><table class="small"><thead><tr><th scope="col" class="number">from</th>' +
    '<th scope="col" class="number">syncs</th><th scope="col" class="number">median</th><th scope="col" class="number">worst</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table></details></figure>`
  );
}

/** From where on a worst sync would flatten all others on an even scale. */
const FAR = 6;

interface Scale {
  /** A place from the bottom, for CSS. */
  at(ms: number): string;
  readonly ticks: readonly number[];
}

/** From 0; a handful of round ticks. */
function evenScale(mostMs: number): Scale {
  const most = Math.max(mostMs, 1e-4);
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [0.2, 0.5, 1, 2].map((each) => each * power).find((each) => most / each <= 5)!;
  const ticks = Array.from({ length: Math.floor(most / step) }, (_, index) => (index + 1) * step);
  return { at: (ms) => percent(ms, most), ticks };
}

/** From half of the least to the most; ticks at 1, 2 and 5 of each power of ten, thinned out. */
function logScale(least: number, most: number): Scale {
  const low = Math.log10(Math.max(least, 1e-4) / 2);
  const high = Math.max(Math.log10(Math.max(most, 1e-4)), low + 0.1);
  const steps = high - low > 2.5 ? [1] : high - low > 1.2 ? [1, 5] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const step of steps) {
      const tick = Number((step * 10 ** power).toPrecision(1));
      if (Math.log10(tick) > low && Math.log10(tick) <= high) ticks.push(tick);
    }
  }
  return { at: (ms) => percent(Math.log10(Math.max(ms, 1e-4)) - low, high - low), ticks };
}

function histogram({ histogram: bins, count }: SyncTimes): string {
  const most = Math.max(...bins.map((each) => each.count));
  const rows = bins.map(
    ({ fromMs, toMs, count: here }) =>
      `<tr><th scope="row">${formatMs(fromMs)} to ${formatMs(toMs)}</th><td class="number">${here}</td>` +
      `<td class="bars"><span class="bar sync" aria-hidden="true" style="width:${here === 0 ? '0' : percent(here, most)}"></span></td></tr>`,
  );
  return (
    `<table class="small histogram"><caption>By how long: ${plural(count, 'sync')}</caption>` +
    '<thead><tr><th scope="col">took</th><th scope="col" class="number">syncs</th><th scope="col"><span class="spoken">how many, as a bar</span></th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}
