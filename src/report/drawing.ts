import type { CriticalPath, PathLayer, SyncTimes } from '../core/timeline.ts';
import { formatMs, formatShare, plural, significant } from '../core/units.ts';
import { wrap } from './wrap.ts';

const STEPS = '▁▂▃▄▅▆▇█';
const BAR = 40;

/** Sync times over the window as a line of small bars, and how often they took how long. */
export function drawSyncs(times: SyncTimes, columns: number): string[] {
  const { count, p50Ms, p99Ms, maxMs, slots, slotSeconds, histogram } = times;
  const most = Math.max(...histogram.map((each) => each.count));
  const names = histogram.map(({ fromMs, toMs }) => `${formatMs(fromMs)} to ${formatMs(toMs)}`);
  const width = Math.max(...names.map((name) => name.length));
  const label = `median over ${significant(slots.length * slotSeconds)} s`;
  const medians = spark(slots.map((each) => each.p50Ms));
  const bar = Math.max(1, Math.min(BAR, columns - width - 3 - String(most).length));
  return [
    ...wrap(
      `${count} syncs: ${formatMs(p50Ms)} (median), 99 % within ${formatMs(p99Ms)}, at most ${formatMs(maxMs)}`,
      columns,
      '',
    ),
    ...(label.length + medians.length + 2 <= columns ? [`${label}  ${medians}`] : [label, medians]),
    ...histogram.map(
      (each, index) =>
        `${names[index]!.padStart(width)}  ${'█'.repeat(barLength(each.count, most, bar))} ${each.count}`,
    ),
  ];
}

/** What each layer is called. */
export const LAYER_NAMES: Readonly<Record<PathLayer, string>> = {
  sync: 'waiting for its own sync',
  syncOfOthers: "waiting for others' syncs",
  append: 'appending to the log',
  server: 'the server works on it',
  queue: 'behind other commands',
  network: 'network and wake-up',
  clientCpu: 'the client works',
  clientWaits: 'the client waits elsewhere',
  client: 'client and network',
  tracer: 'being watched (estimated)',
  unseen: 'not seen',
};
const LAYER_BAR = 28;

/** Where the time of requests went, a bar a layer. */
export function drawPath(path: CriticalPath, columns: number): string[] {
  const { of, what, count, seconds, covered, layers, heldUpBy = [] } = path;
  const width = Math.max(...layers.map(({ layer }) => LAYER_NAMES[layer].length));
  // Beside the name stand the share and the time.
  const bar = Math.max(1, Math.min(LAYER_BAR, columns - width - 18));
  return [
    ...wrap(
      `${of === 'requests' ? `${count} ${what}` : plural(count, 'burst')}: ${formatMs(seconds * 1000)} together, ${formatShare(covered)} of it seen`,
      columns,
      '',
    ),
    ...layers.map(
      (each) =>
        `${LAYER_NAMES[each.layer].padEnd(width)}  ${formatShare(each.share).padStart(5)}  ` +
        `${'█'.repeat(barLength(each.share, 1, bar))} ${formatMs(each.seconds * 1000)}`,
    ),
    ...heldUpBy.flatMap(({ layer, who, seconds: held }) =>
      wrap(`${formatMs(held * 1000)} behind ${layer === 'queue' ? who : `the sync for ${who}`}`, columns, ''),
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
function barLength(count: number, most: number, bar = BAR): number {
  return count === 0 ? 0 : Math.max(1, Math.round((count / most) * bar));
}
