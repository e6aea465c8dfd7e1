import type { SyncTimes } from '../core/timeline.ts';
import { formatMs, significant } from '../core/units.ts';

const STEPS = '▁▂▃▄▅▆▇█';
const BAR = 40;

/** Sync times over the window as a line of small bars, and how often they took how long. Within 77 columns. */
export function drawSyncs({
  count,
  p50Ms,
  p99Ms,
  maxMs,
  slots,
  slotSeconds,
  histogram,
}: SyncTimes): string[] {
  const most = Math.max(...histogram.map((each) => each.count));
  const names = histogram.map(({ fromMs, toMs }) => `${formatMs(fromMs)} to ${formatMs(toMs)}`);
  const width = Math.max(...names.map((name) => name.length));
  return [
    `${count} syncs: ${formatMs(p50Ms)} (median), 99 % within ${formatMs(p99Ms)}, at most ${formatMs(maxMs)}`,
    `median over ${significant(slots.length * slotSeconds)} s  ${spark(slots.map((each) => each.p50Ms))}`,
    ...histogram.map(
      (each, index) =>
        `${names[index]!.padStart(width)}  ${'█'.repeat(barLength(each.count, most))} ${each.count}`,
    ),
  ];
}

/** Each value as one of eight heights from 0 up; a blank where there is none. */
export function spark(values: readonly (number | undefined)[]): string {
  const top = Math.max(...values.map((value) => value ?? 0)) || 1;
  return values
    .map((value) =>
      value === undefined
        ? ' '
        : STEPS[Math.min(STEPS.length - 1, Math.floor((value / top) * STEPS.length))]!,
    )
    .join('');
}

/** What is there at all is seen. */
function barLength(count: number, most: number): number {
  return count === 0 ? 0 : Math.max(1, Math.round((count / most) * BAR));
}
