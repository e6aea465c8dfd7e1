import { describe, expect, it } from 'vitest';
import { drawSyncs, spark } from '../../src/report/drawing.ts';

describe('a line of small bars', () => {
  it('runs from the lowest to the highest', () => {
    expect(spark([1, 2, 3, 4, 5, 6, 7, 8])).toBe('▂▃▄▅▆▇██');
  });

  it('leaves a blank where nothing was measured', () => {
    expect(spark([8, undefined, 0])).toBe('█ ▁');
  });

  it('of nothing is blank', () => {
    expect(spark([undefined, undefined])).toBe('  ');
  });
});

describe('sync times', () => {
  const times = {
    ...{ count: 1003, p50Ms: 7.6, p99Ms: 12, maxMs: 31, slotSeconds: 0.25 },
    histogram: [
      { fromMs: 4, toMs: 8, count: 1000 },
      { fromMs: 8, toMs: 16, count: 0 },
      { fromMs: 16, toMs: 32, count: 3 },
    ],
    slots: Array.from({ length: 40 }, () => ({ count: 25, p50Ms: 7.6, maxMs: 31 })),
  };

  it('keep within the columns of a terminal', () => {
    for (const columns of [57, 77])
      for (const line of drawSyncs(times, columns)) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('show what is there however rare, and nothing where there is none', () => {
    const [, , many, none, few] = drawSyncs(times, 77);
    expect(many).toBe(`  4 ms to 8 ms  ${'█'.repeat(40)} 1000`);
    expect(none).toBe(' 8 ms to 16 ms   0');
    expect(few).toBe('16 ms to 32 ms  █ 3');
  });
});
