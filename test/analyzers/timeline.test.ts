import { describe, expect, it } from 'vitest';
import { syncTimesOf, waterfallOf } from '../../src/analyzers/timeline.ts';
import { busyReader, otherDatabase } from '../support/logs.ts';
import { factsOf, LSOF, reportOf, slowQuery, TraceLog } from '../support/trace-log.ts';

const shown = (log: TraceLog) => waterfallOf(factsOf(log, { lsof: LSOF }))!;
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe('the waterfall', () => {
  it('cuts a burst into layers that sum to the whole', () => {
    const { layers, burstMs } = shown(slowQuery(new TraceLog()));
    expect(sum(Object.values(layers))).toBeCloseTo(burstMs, 3);
    // 20 SADD and one DEL, each with a sync of 5 ms.
    expect(layers.sync).toBeCloseTo(25 * 5, 6);
    for (const ms of Object.values(layers)) expect(ms).toBeGreaterThan(0);
  });

  it('draws pieces that follow each other without a hole', () => {
    const { rows, ms } = shown(slowQuery(new TraceLog()));
    let at = 0;
    for (const row of rows) {
      expect(row.startMs).toBeCloseTo(at, 3);
      at = row.startMs + row.ms;
    }
    expect(at).toBeCloseTo(ms, 3);
    expect(new Set(rows.map(({ layer }) => layer))).toEqual(new Set(['sync', 'append', 'server', 'client']));
  });

  it('points at the line of each piece, without values', () => {
    const { rows } = shown(slowQuery(new TraceLog()));
    const sync = rows.find(({ layer }) => layer === 'sync')!;
    expect(sync.evidence!.text).toContain('fdatasync(7)');
    expect(JSON.stringify(rows)).not.toContain('5b2e76cc');
  });

  it('takes the longest burst, and says of how many commands it is a part', () => {
    const log = new TraceLog({ appendfsync: 'off' }).times(5, (each) =>
      each.turn(8, ['GET', 'a'], '$-1\r\n'),
    );
    log.wait(200_000).times(100, (each) => each.turn(8, ['GET', 'b'], '$-1\r\n'));
    expect(shown(log).what).toBe('24 of 100 commands that descriptor 8 sent without a pause, of 105 in all');
  });

  it('leaves one hiccup out of the picture, not out of the sums', () => {
    const log = new TraceLog({ appendfsync: 'off', thinkUs: 100 });
    log.times(400, (each, index) => each.wait(index === 100 ? 30_000 : 0).turn(8, ['GET', 'a'], '$-1\r\n'));
    const { rows, layers } = shown(log);
    expect(Math.max(...rows.map(({ ms }) => ms))).toBeLessThan(1);
    expect(layers.client).toBeGreaterThan(30);
  });

  it.each([
    ['no log', () => undefined],
    ['another protocol', () => otherDatabase()],
    ['a log without times', () => busyReader().text.replace(/ \d\d:\d\d:\d\d\.\d+ | <\d\.\d+>/g, ' ')],
  ])('is absent for %s', (_, log) => {
    expect(waterfallOf(factsOf(log()))).toBeUndefined();
  });

  it('stands in a report beside a finding only', () => {
    expect(reportOf(slowQuery(new TraceLog())).waterfall).toBeDefined();
    expect(reportOf(busyReader())).not.toHaveProperty('waterfall');
  });
});

describe('sync times', () => {
  const of = (log: TraceLog) => syncTimesOf(factsOf(log, { lsof: LSOF }).trace);

  it('are counted in powers of two, every one of them', () => {
    const log = new TraceLog();
    for (const us of [300, 1500, 5000, 5000, 6000, 40_000]) log.call('fdatasync', '7', 0, us).wait(1000);
    const times = of(log)!;
    expect(times).toMatchObject({ count: 6, p50Ms: 5, maxMs: 40 });
    expect(times.histogram[0]).toEqual({ fromMs: 0.25, toMs: 0.5, count: 1 });
    expect(times.histogram.at(-1)).toEqual({ fromMs: 32, toMs: 64, count: 1 });
    expect(sum(times.histogram.map(({ count }) => count))).toBe(6);
    expect(sum(times.slots.map(({ count }) => count))).toBe(6);
  });

  it('have no median where nothing was synced', () => {
    const log = new TraceLog();
    log
      .times(10, (each) => each.call('fdatasync', '7', 0, 1000))
      .wait(900_000)
      .call('fdatasync', '7', 0, 1000);
    const { slots } = of(log)!;
    expect(slots.filter((slot) => slot.count === 0).length).toBeGreaterThan(30);
    for (const slot of slots) expect('p50Ms' in slot).toBe(slot.count > 0);
  });

  it('are absent when there are too few to say', () => {
    expect(of(new TraceLog().call('fdatasync', '7', 0, 1000))).toBeUndefined();
    expect(syncTimesOf(undefined)).toBeUndefined();
  });
});
