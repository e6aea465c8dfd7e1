import { describe, expect, it } from 'vitest';
import { outputs, topText } from '../../support/tool-output.ts';
import { findingOf, judges } from './table.ts';

const ID = 'swapping';
const swap = outputs({ top: topText({ swapTotalKib: 2_000_000 }) });
const swapped = (inPages: number) => ({ swapped: { inPages, outPages: 7, seconds: 10 } });

judges(ID, {
  fires: { 'hundreds of pages a second come back': () => ({ ...swap, ...swapped(4000) }) },
  spares: {
    'no swap is set up': () => outputs({ top: topText() }),
    'swap that nobody reads': () => ({ ...swap, ...swapped(0) }),
    'a few pages': () => ({ ...swap, ...swapped(90) }),
  },
  cannotTell: { 'no reading': () => ({}), 'swap, but pages were not counted': () => swap },
});

describe('what it says', () => {
  it('is a rate, with the counters as evidence', () => {
    const finding = findingOf(ID, { ...swap, ...swapped(4000) });
    expect(finding.measures.swapIn).toEqual({ value: 400, unit: 'pages/s' });
    expect(finding.evidence.at(-1)!.text).toBe('/proc/vmstat: pswpin +4000, pswpout +7 in 10 s');
  });
});
