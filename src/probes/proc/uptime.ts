import type { Parsed } from '../../core/capture.ts';
import type { UptimeObservation } from '../../core/observation.ts';
import { isDecoration, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { amount } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/uptime: https://man7.org/linux/man-pages/man5/proc_uptime.5.html
 *
 *   94863.52 185339.31       (seconds since boot, and what the CPUs were idle of it, summed)
 */

export function parseUptime(text: string): Parsed<UptimeObservation> {
  const items: UptimeObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const seconds = amount(line.text.trim().split(/\s+/)[0]);
    if (seconds === undefined) notes.add(line, 'no seconds since boot');
    else items.push({ kind: 'uptime', ...seen(line), seconds });
  }
  return { items, problems: notes.done() };
}
