import type { Parsed } from '../../core/capture.ts';
import type { HugePagesObservation } from '../../core/observation.ts';
import { isDecoration, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { seen } from './key-values.ts';

/*
 * /sys/kernel/mm/transparent_hugepage/enabled: https://docs.kernel.org/admin-guide/mm/transhuge.html
 *
 *   always [madvise] never
 */

export function parseHugePages(text: string): Parsed<HugePagesObservation> {
  const items: HugePagesObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const setting = /\[(\w{1,20})\]/.exec(line.text)?.[1];
    if (setting === undefined) notes.add(line, 'no setting stands in brackets');
    else items.push({ kind: 'huge-pages', ...seen(line), setting });
  }
  return { items, problems: notes.done() };
}
