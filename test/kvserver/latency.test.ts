import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviceFor } from '../../src/kvserver/latency/advice.ts';
import { analyseLatency, describeAnalysis } from '../../src/kvserver/latency/doctor.ts';
import { drawGraph, shortAge } from '../../src/kvserver/latency/graph.ts';
import { LatencyMonitor, SpikeSeries } from '../../src/kvserver/latency/monitor.ts';
import { FakeClock, open, start } from './harness.ts';

const NOW = 1_700_000_000;

function series(...spikes: [secondsAgo: number, ms: number][]): SpikeSeries {
  const made = new SpikeSeries();
  for (const [ago, ms] of spikes) made.add(NOW - ago, ms);
  return made;
}

describe('a series', () => {
  it('keeps the worst of a second', () => {
    const made = series([3, 100], [3, 50], [3, 200], [2, 10]);
    expect(made.spikes).toEqual([
      { at: NOW - 3, ms: 200, us: 200_000 },
      { at: NOW - 2, ms: 10, us: 10_000 },
    ]);
    expect(made.maxMs).toBe(200);
  });

  it('keeps 160 seconds, and the worst of all time', () => {
    const made = new SpikeSeries();
    made.add(NOW - 1000, 999);
    for (let i = 0; i < 500; i++) made.add(NOW + i, 5);
    expect(made.spikes).toHaveLength(160);
    expect(made.spikes[0]!.at).toBe(NOW + 340);
    expect(made.maxMs).toBe(999);
  });
});

describe('the monitor', () => {
  it('notes what reaches the threshold, and nothing while that is 0', () => {
    const host = { latencyThreshold: 0, wallClock: () => NOW * 1000 };
    const monitor = new LatencyMonitor(host);
    monitor.sample('command', 1000);
    host.latencyThreshold = 10;
    monitor.sample('command', 9.99);
    expect(monitor.events().size).toBe(0);
    monitor.sample('command', 10);
    expect(monitor.find('command')?.spikes).toEqual([{ at: NOW, ms: 10, us: 10_000 }]);
  });
});

describe('the graph', () => {
  it('draws heights and ages', () => {
    expect(drawGraph('command', series([6, 60], [5, 100], [4, 300], [3, 200], [1, 80]), NOW)).toBe(
      [
        'command - high 300 ms, low 60 ms (all time high 300 ms)',
        '-'.repeat(80),
        '  #  ',
        '  |o ',
        '  || ',
        '_#||o',
        '     ',
        '65431',
        'sssss',
        '',
      ].join('\n'),
    );
  });

  it('draws any series in rows of at most 80 columns', () => {
    const spike = fc.tuple(fc.nat(100_000), fc.nat(10_000));
    fc.assert(
      fc.property(fc.array(spike, { minLength: 1, maxLength: 200 }), (spikes) => {
        const sorted = [...spikes].sort((a, b) => b[0] - a[0]);
        const [, ...lines] = drawGraph('x', series(...sorted), NOW).split('\n');
        for (const line of lines) expect(line).toMatch(/^[-_o#| 0-9smhd]{0,80}$/);
      }),
    );
  });

  it.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m'],
    [7200, '2h'],
    [200_000, '2d'],
  ])('%i seconds are %s', (seconds, text) => {
    expect(shortAge(seconds)).toBe(text);
  });
});

describe('the doctor', () => {
  it('puts the heaviest event first and says what to change', () => {
    const events = new Map([
      ['command', series([5, 100])],
      ['aof-fsync-always', series([9, 80], [7, 80], [5, 110])],
    ]);
    const analysis = analyseLatency(events, 50, NOW);
    expect(analysis.events.map((one) => one.event)).toEqual(['aof-fsync-always', 'command']);
    expect(analysis.events[0]).toMatchObject({
      spikes: 3,
      averageMs: 90,
      worstMs: 110,
      secondsSinceLast: 5,
      secondsBetween: 2,
      totalMs: 270,
    });
    expect(analysis.events[1]).not.toHaveProperty('secondsBetween');
    expect(analysis.advice[0]!.directive).toBe('appendfsync');
    expect(describeAnalysis(analysis)).toContain('1. aof-fsync-always: 3 spikes');
  });

  it('always has advice', () => {
    for (const threshold of [0, 100]) {
      expect(analyseLatency(new Map(), threshold, NOW).advice).toHaveLength(1);
    }
    expect(adviceFor('something-new').length).toBeGreaterThan(0);
  });
});

describe('LATENCY', () => {
  it('tells of slow commands and slow syncs', async () => {
    const clock = new FakeClock();
    const { REAL_DISK } = await import('../../src/kvserver/aof/disk.ts');
    const disk = {
      ...REAL_DISK,
      datasync(fd: number) {
        clock.advance(25);
        REAL_DISK.datasync(fd);
      },
    };
    const running = await start(
      { appendonly: 'yes', appendfsync: 'always', 'latency-monitor-threshold': '20' },
      { clock, disk },
    );
    const c = await open(running);
    await c.call('SET', 'a', '1');
    const seconds = Math.floor(clock.time / 1000);
    expect(await c.call('LATENCY', 'LATEST')).toEqual([['aof-fsync-always', seconds, 25, 25]]);
    expect(await c.call('LATENCY', 'HISTORY', 'aof-fsync-always')).toEqual([[seconds, 25]]);
    expect(await c.call('LATENCY', 'HISTORY', 'command')).toEqual([]);
    expect(await c.call('LATENCY', 'GRAPH', 'aof-fsync-always')).toContain(
      'aof-fsync-always - high 25 ms, low 25 ms',
    );
    expect(JSON.parse((await c.call('LATENCY', 'DOCTOR', 'JSON')) as string).events[0].worstMs).toBe(25);
    expect(await c.call('LATENCY', 'GRAPH', 'fork')).toEqual({
      error: "ERR No samples available for event 'fork'",
    });
    expect(await c.call('LATENCY', 'RESET', 'fork')).toBe(0);
    expect(await c.call('LATENCY', 'RESET')).toBe(1);
    expect(await c.call('LATENCY', 'LATEST')).toEqual([]);
  });

  it('tells of slow expiry and slow eviction', async () => {
    // Each look at the clock costs 2 ms: whatever is measured takes at least that.
    let ticks = 0;
    const clock = { now: () => NOW * 1000 + ticks, monotonic: () => (ticks += 2) };
    const running = await start({ 'latency-monitor-threshold': '1', hz: '1' }, { clock });
    const c = await open(running);
    await c.call('SET', 'short', '1', 'PX', '1');
    expect(await c.call('GET', 'short')).toBeNull();
    await c.pipeline(['a', 'b', 'c'].map((key) => ['SET', key, '1']));
    await c.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random', 'maxmemory', '200');
    await c.call('PING');
    const events = ((await c.call('LATENCY', 'LATEST')) as unknown[][]).map(([event]) => event);
    expect(events).toEqual(expect.arrayContaining(['expire-del', 'eviction-del', 'eviction-cycle']));
    for (const event of events) {
      const doctor = JSON.parse((await c.call('LATENCY', 'DOCTOR', 'JSON')) as string);
      const analysed = doctor.events.find((one: { event: string }) => one.event === event);
      expect(analysed.advice.some((one: { directive?: string }) => one.directive !== undefined)).toBe(true);
    }
  });
});
