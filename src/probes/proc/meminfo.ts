import type { Parsed } from '../../core/capture.ts';
import type { MemoryObservation } from '../../core/observation.ts';
import { Notes } from '../text/notes.ts';
import { present, whole } from '../text/values.ts';
import { keyValues, seen } from './key-values.ts';

/*
 * /proc/meminfo: https://man7.org/linux/man-pages/man5/proc_meminfo.5.html
 *
 *   MemTotal:        8169300 kB
 *   MemFree:         7342244 kB
 *   MemAvailable:    7478748 kB      (Linux 3.14 and newer)
 *   Buffers:           54120 kB
 *   Cached:           301024 kB
 *   SReclaimable:      39000 kB
 *   SwapTotal:             0 kB
 */

/** Memory and swap, each at the line of its total. buffCacheKib and usedKib mean what top prints under these. */
export function parseMeminfo(text: string): Parsed<MemoryObservation> {
  const notes = new Notes();
  const kib = new Map<string, number>();
  const at = new Map<string, { line: number; text: string }>();
  for (const { key, value, line } of keyValues(text)) {
    const size = whole(/^(\d+) kB$/.exec(value)?.[1]);
    if (size !== undefined) {
      kib.set(key, size);
      at.set(key, seen(line));
    } else if (/^(?:Mem|Swap)(?:Total|Free|Available)$/.test(key)) notes.add(line, `${key} is no size`);
  }
  const items: MemoryObservation[] = [];
  const [totalKib, freeKib, swapKib] = [kib.get('MemTotal'), kib.get('MemFree'), kib.get('SwapTotal')];
  if (totalKib !== undefined) {
    const cached = kib.get('Cached');
    const buffCacheKib =
      cached === undefined ? undefined : cached + (kib.get('Buffers') ?? 0) + (kib.get('SReclaimable') ?? 0);
    const usedKib =
      freeKib === undefined || buffCacheKib === undefined ? undefined : totalKib - freeKib - buffCacheKib;
    const availableKib = kib.get('MemAvailable');
    const sizes = present({ totalKib, freeKib, usedKib, buffCacheKib, availableKib });
    items.push({ kind: 'memory', ...at.get('MemTotal')!, ...sizes });
  }
  if (swapKib !== undefined) {
    const free = kib.get('SwapFree');
    const sizes = {
      totalKib: swapKib,
      freeKib: free,
      usedKib: free === undefined ? undefined : swapKib - free,
    };
    items.push({ kind: 'swap', ...at.get('SwapTotal')!, ...present(sizes) });
  }
  return { items, problems: notes.done() };
}
