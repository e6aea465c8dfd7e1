import type { Parsed } from '../../core/capture.ts';
import type { CpuObservation, CpuTicksObservation } from '../../core/observation.ts';
import { linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present, whole } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/stat, ticks since boot: https://man7.org/linux/man-pages/man5/proc_stat.5.html
 *
 *   cpu  10132153 290696 3084719 46828483 16683 0 25195 0 175628 0
 *   cpu0 1393280 32966 572056 13343292 6130 0 17875 0 23933 0
 *   …
 *
 * user includes guest, and nice includes guest_nice, so the last two columns are not added again.
 */

/** The cpu lines; the rest of the file is passed over. */
export function parseCpuTicks(text: string): Parsed<CpuTicksObservation> {
  const items: CpuTicksObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    const match = /^cpu(\d*)\s+(.*)$/.exec(line.text.slice(0, 1000));
    if (!match) continue;
    const [user, nice, system, idle, iowait, irq, softirq, steal] = match[2]!.split(/\s+/).map(whole);
    if (user === undefined || nice === undefined || system === undefined || idle === undefined) {
      notes.add(line, 'fewer than four counts');
      continue;
    }
    const cpu = match[1] === '' ? 'all' : match[1]!;
    const further = present({ iowait, irq, softirq, steal });
    items.push({ kind: 'cpu-ticks', ...seen(line), cpu, user, nice, system, idle, ...further });
  }
  return { items, problems: notes.done() };
}

const SHARES = {
  user: 'userPercent',
  nice: 'nicePercent',
  system: 'systemPercent',
  idle: 'idlePercent',
  iowait: 'iowaitPercent',
  irq: 'irqPercent',
  softirq: 'softirqPercent',
  steal: 'stealPercent',
} as const;
type TickField = keyof typeof SHARES;
const TICK_FIELDS = Object.keys(SHARES) as TickField[];

/**
 * Where each CPU spent its time between two readings. Every item points at the later one's line. A CPU that is in
 * only one of them, or that counted nothing, is left out. iowait may run backwards; that counts as none.
 */
export function cpuShares(
  before: readonly CpuTicksObservation[],
  after: readonly CpuTicksObservation[],
): CpuObservation[] {
  const found: CpuObservation[] = [];
  for (const later of after) {
    const earlier = before.find((candidate) => candidate.cpu === later.cpu);
    if (!earlier) continue;
    const spent = new Map<TickField, number>();
    for (const field of TICK_FIELDS) {
      const [from, to] = [earlier[field], later[field]];
      if (from !== undefined && to !== undefined) spent.set(field, Math.max(0, to - from));
    }
    const ticks = [...spent.values()].reduce((sum, value) => sum + value, 0);
    if (ticks === 0) continue;
    const shares: Partial<Record<(typeof SHARES)[TickField], number>> = {};
    for (const [field, value] of spent) shares[SHARES[field]] = (100 * value) / ticks;
    found.push({ kind: 'cpu', line: later.line, text: later.text, cpu: later.cpu, ticks, ...shares });
  }
  return found;
}
