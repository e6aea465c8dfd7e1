import type { Parsed } from '../../core/capture.ts';
import type { PressureObservation } from '../../core/observation.ts';
import { isDecoration, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { amount, whole } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/pressure/{cpu,memory,io}: https://docs.kernel.org/accounting/psi.html
 *
 *   some avg10=0.12 avg60=0.05 avg300=0.01 total=1203456
 *   full avg10=0.00 avg60=0.00 avg300=0.00 total=934201
 */

export const PRESSURE_RESOURCES = ['cpu', 'memory', 'io'] as const;

/** `resource` is the file's name, which the text does not hold. `total` counts microseconds. */
export function parsePressure(
  text: string,
  resource: PressureObservation['resource'],
): Parsed<PressureObservation> {
  const items: PressureObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const words = line.text.trim().split(/\s+/);
    const values = new Map(words.slice(1).map((word) => word.split('=', 2) as [string, string]));
    const [avg10Percent, avg60Percent] = [amount(values.get('avg10')), amount(values.get('avg60'))];
    const [avg300Percent, totalUs] = [amount(values.get('avg300')), whole(values.get('total'))];
    const scope = words[0] === 'some' || words[0] === 'full' ? words[0] : undefined;
    if (avg10Percent === undefined || avg60Percent === undefined || avg300Percent === undefined) {
      notes.add(line, 'no averages of pressure');
    } else if (totalUs === undefined || scope === undefined) {
      notes.add(line, 'no total, or neither "some" nor "full"');
    } else {
      const averages = { avg10Percent, avg60Percent, avg300Percent, totalUs };
      items.push({ kind: 'pressure', ...seen(line), resource, scope, ...averages });
    }
  }
  return { items, problems: notes.done() };
}
