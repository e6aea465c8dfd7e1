import type { SpikeSeries } from './monitor.ts';

const ROWS = 4;
/** Heights within one row, low to high; a row that is passed through is drawn with BODY. */
const TOPS = ['_', 'o', '#'] as const;
const BODY = '|';
const COLUMNS = 80;

/** "7s", "12m", "3h", "2d": how long ago, in the largest unit that fits. */
export function shortAge(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/**
 * Draws a series for a terminal: one column a spike, oldest left, its height between the lowest and the highest
 * of the series, its age written downwards beneath.
 * @param nowSeconds epoch seconds
 */
export function drawGraph(event: string, series: SpikeSeries, nowSeconds: number): string {
  const { spikes } = series;
  const values = spikes.map((spike) => spike.ms);
  const high = Math.max(...values);
  const low = Math.min(...values);
  const title = `${event} - high ${high} ms, low ${low} ms (all time high ${series.maxMs} ms)`;
  let out = `${title}\n${'-'.repeat(COLUMNS)}\n`;
  for (let from = 0; from < spikes.length; from += COLUMNS) {
    const part = spikes.slice(from, from + COLUMNS);
    const heights = part.map((spike) => heightOf(spike.ms, low, high));
    const ages = part.map((spike) => shortAge(Math.max(0, nowSeconds - spike.at)));
    for (let row = ROWS - 1; row >= 0; row--)
      out += `${heights.map((height) => cell(height, row)).join('')}\n`;
    const lines = Math.max(...ages.map((age) => age.length));
    out += `${' '.repeat(part.length)}\n`;
    for (let line = 0; line < lines; line++) out += `${ages.map((age) => age[line] ?? ' ').join('')}\n`;
  }
  return out;
}

/** 0 … ROWS × TOPS - 1. */
function heightOf(ms: number, low: number, high: number): number {
  const steps = ROWS * TOPS.length;
  const span = Math.max(1, high - low);
  return Math.min(steps - 1, Math.floor(((ms - low) * steps) / span));
}

function cell(height: number, row: number): string {
  const above = height - row * TOPS.length;
  if (above < 0) return ' ';
  return TOPS[above] ?? BODY;
}
