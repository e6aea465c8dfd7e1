import { describe, expect, it } from 'vitest';
import { callCost } from '../../../src/analyzers/derive/tracer-cost.ts';
import { parseStrace } from '../../../src/probes/strace.ts';

/** Calls of one thread: each takes `durationUs`, and the next begins `gapUs` after it. */
function log(count: number, gapUs: number, durationUs: number, between = ''): string {
  let us = 0;
  return Array.from({ length: count }, (_, at) => {
    const line = `[pid 7] 1700000000.${String(us).padStart(6, '0')} read(8, "x", 1) = 1 <${(durationUs / 1e6).toFixed(6)}>\n`;
    us += durationUs + gapUs;
    return at === count - 1 ? line : line + between;
  }).join('');
}

const items = (text: string) => parseStrace(text).items;

describe('what a call costs under a tracer', () => {
  it('is its pause and its duration at the lower quartile', () => {
    expect(callCost({ items: items(log(100, 30, 12)) })).toBeCloseTo(42, 5);
  });

  it('is unknown without times, with few calls, and across gaps', () => {
    expect(callCost({ items: items('[pid 7] read(8, "x", 1) = 1\n'.repeat(100)) })).toBeUndefined();
    expect(callCost({ items: items(log(10, 30, 12)) })).toBeUndefined();
    expect(callCost({ items: items(log(100, 30, 12, '...\n')) })).toBeUndefined();
  });
});
