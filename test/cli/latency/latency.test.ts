import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { age, drawSpikes } from '../../../src/cli/latency/graph.ts';
import { renderDoctor, renderHistory, renderLatest } from '../../../src/cli/latency/render.ts';
import { analyseLatency } from '../../../src/kvserver/latency/doctor.ts';
import { seriesOf } from '../../../src/kvserver/latency/monitor.ts';
import { parseHistory, parseLatest } from '../../../src/probes/redis/latency.ts';

const NOW = 1_700_000_000;
const SERIES = {
  event: 'aof-write',
  worstEverMs: 300,
  spikes: [
    { at: NOW - 100, ms: 20 },
    { at: NOW - 40, ms: 80 },
  ],
};
const READING = { server: 'host:1', thresholdMs: 10, nowSeconds: NOW, series: [SERIES] };

describe('the replies of a server', () => {
  it('are read whatever type its numbers have, and with more columns than known', () => {
    expect(parseLatest([['command', '1', '2', '3', 'more']])).toEqual([{ event: 'command', worstEverMs: 3 }]);
    expect(parseHistory([[NOW, '7']])).toEqual([{ at: NOW, ms: 7 }]);
  });

  it.each([['text'], [[['command', 1]]], [[['command', 1, 2, 'x']]], [null]])('%j is refused', (reply) => {
    expect(() => parseLatest(reply)).toThrow();
  });
});

describe('the drawing', () => {
  it('places spikes in time', () => {
    const lines = drawSpikes(SERIES, NOW, true);
    const top = lines[0]!;
    const bottom = lines[7]!;
    expect(top).toMatch(/^80 ms \|/);
    const worst = top.indexOf('#');
    expect(bottom[7]).toBe('#');
    expect(bottom[worst]).toBe('#');
    // Six tenths of the way from the first spike until now.
    expect((worst - 7) / (lines[8]!.length - 7)).toBeCloseTo(0.6, 1);
    expect(lines.at(-1)).toMatch(/^ +100 s ago +now$/);
  });

  it('is at most 80 columns wide and shows whatever was noted', () => {
    const spike = fc.record({
      at: fc.integer({ min: NOW - 100_000, max: NOW }),
      ms: fc.integer({ min: 1, max: 100_000 }),
    });
    fc.assert(
      fc.property(fc.array(spike, { minLength: 1, maxLength: 160 }), fc.boolean(), (given, ascii) => {
        const spikes = [...given].sort((a, b) => a.at - b.at);
        const lines = drawSpikes({ event: 'x', worstEverMs: 1, spikes }, NOW, ascii);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
        expect(lines.slice(0, 8).join('')).toMatch(ascii ? /[.:#]/ : /[▁-█]/);
      }),
    );
  });

  it.each([
    [119, '119 s'],
    [120, '2 min'],
    [7200, '2 h'],
    [200_000, '2 d'],
  ])('%i seconds are %s', (seconds, text) => expect(age(seconds)).toBe(text));
});

describe('the renderings', () => {
  it('are a table for people, and Markdown, and data', () => {
    expect(renderLatest(READING, 'text')).toBe(
      'event      latest  worst ever      when\naof-write   80 ms      300 ms  40 s ago\n',
    );
    expect(renderHistory(READING, SERIES, 'markdown')).toContain(
      '| 2023-11-14T22:12:40Z | 80 ms |  40 s ago |',
    );
    expect(JSON.parse(renderLatest(READING, 'json'))).toEqual({
      server: 'host:1',
      thresholdMs: 10,
      nowSeconds: NOW,
      events: [{ event: 'aof-write', lastAt: NOW - 40, secondsSinceLast: 40, lastMs: 80, worstEverMs: 300 }],
    });
  });

  it('say when the monitor is off, and nothing where the server does not tell', () => {
    expect(renderLatest({ ...READING, thresholdMs: 0, series: [] }, 'text')).toContain('is off');
    const { thresholdMs: _, ...untold } = READING;
    expect(renderLatest(untold, 'text')).not.toContain('is off');
    expect(JSON.parse(renderLatest(untold, 'json'))).not.toHaveProperty('thresholdMs');
  });

  it('carry the analysis', () => {
    const events = new Map([['aof-write', seriesOf(SERIES.spikes, 300)]]);
    const analysis = analyseLatency(events, 10, NOW);
    const text = renderDoctor({ ...READING, thresholdMs: 0 }, analysis, 'text');
    expect(text).toContain('1. aof-write: 2 spikes');
    // Within a terminal's columns, what an item says below its number.
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).toMatch(/^1\. .*\n {3}\S/m);
    expect(renderDoctor(READING, analysis, 'markdown')).not.toMatch(/^ {2}/m);
    expect(JSON.parse(renderDoctor(READING, analysis, 'json')).events[0]).toMatchObject({
      worstUs: 80_000,
      allTimeWorstMs: 300,
      totalUs: 100_000,
    });
  });
});
