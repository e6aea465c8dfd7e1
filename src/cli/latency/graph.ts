import type { LatencySeries } from '../../probes/redis/latency.ts';

const WIDTH = 80;
const ROWS = 8;
/** Eighths of a row, from nothing to full. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** The same for terminals that have ASCII only: nothing, a little, the half, full. */
const PLAIN = [' ', '.', '.', ':', ':', ':', '#', '#', '#'] as const;

/** "42 s", "3 min", "2 h", "5 d". */
export function age(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/**
 * Draws the spikes of an event over time, at most 80 columns wide: a column shows the worst spike of its part of
 * the time from the first spike until now. @returns lines without a line end
 */
export function drawSpikes(series: LatencySeries, nowSeconds: number, ascii: boolean): string[] {
  const { spikes } = series;
  const highest = Math.max(...spikes.map((one) => one.ms));
  const label = `${highest} ms`;
  const gutter = Math.max(label.length, '0 ms'.length);
  const from = spikes[0]!.at;
  const span = Math.max(1, nowSeconds - from + 1);
  const columns = Math.min(WIDTH - gutter - 3, span);
  const worst = new Array<number>(columns).fill(0);
  for (const { at, ms } of spikes) {
    const column = Math.min(columns - 1, Math.floor(((at - from) * columns) / span));
    worst[column] = Math.max(worst[column]!, ms);
  }
  const lines = [...rows(worst, highest, ascii)].map((row, i) => {
    const left = i === 0 ? label : i === ROWS - 1 ? '0 ms' : '';
    return `${left.padStart(gutter)} ${ascii ? '|' : '│'}${row}`.trimEnd();
  });
  const axis = (ascii ? '-' : '─').repeat(columns);
  const [first, last] = [`${age(nowSeconds - from)} ago`, 'now'];
  const gap = Math.max(1, columns - first.length - last.length);
  return [
    ...lines,
    `${' '.repeat(gutter)} ${ascii ? '+' : '└'}${axis}`,
    `${' '.repeat(gutter + 2)}${first}${' '.repeat(gap)}${last}`,
  ];
}

function* rows(worst: readonly number[], highest: number, ascii: boolean): Generator<string> {
  const cells = ascii ? PLAIN : BLOCKS;
  const steps = ROWS * 8;
  // Whatever was noted is at least one step high, so that it is seen beside a far worse one.
  const heights = worst.map((ms) =>
    ms === 0 ? 0 : Math.max(1, Math.round((ms * steps) / Math.max(1, highest))),
  );
  for (let row = ROWS - 1; row >= 0; row--) {
    yield heights.map((height) => cells[Math.max(0, Math.min(8, height - row * 8))]!).join('');
  }
}
