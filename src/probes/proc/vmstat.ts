import type { Parsed } from '../../core/capture.ts';
import type { VmCounterObservation } from '../../core/observation.ts';
import { Notes } from '../text/notes.ts';
import { whole } from '../text/values.ts';
import { keyValues, seen } from './key-values.ts';

/*
 * /proc/vmstat, counters since boot: https://man7.org/linux/man-pages/man5/proc_vmstat.5.html
 *
 *   pswpin 0
 *   pswpout 0
 *   pgmajfault 2231
 */

/**
 * Pages swapped in and out, faults that read a disk, processes killed for memory, huge pages set up in the fault, and
 * how often a process had to move pages together for one.
 */
const COUNTERS: ReadonlySet<string> = new Set([
  'pswpin',
  'pswpout',
  'pgmajfault',
  'oom_kill',
  'thp_fault_alloc',
  'compact_stall',
]);

export function parseVmstat(text: string): Parsed<VmCounterObservation> {
  const items: VmCounterObservation[] = [];
  const notes = new Notes();
  for (const { key, value, line } of keyValues(text)) {
    if (!COUNTERS.has(key)) continue;
    const count = whole(value);
    if (count === undefined) notes.add(line, `${key} is no count`);
    else items.push({ kind: 'vm-counter', ...seen(line), name: key, value: count });
  }
  return { items, problems: notes.done() };
}
