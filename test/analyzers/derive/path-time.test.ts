import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARTS, type PathTime, timeOf } from '../../../src/analyzers/derive/path-time.ts';
import {
  bulk,
  factsOf,
  int,
  NIL,
  OK,
  page,
  request,
  type Surroundings,
  TraceLog,
  type TraceLogOptions,
} from '../../support/trace-log.ts';

function spent(log: TraceLog | string, surroundings?: Surroundings): PathTime | undefined {
  const { trace } = factsOf(log, surroundings);
  return trace && timeOf(trace, trace.conversations);
}
const parts = ({ syncUs, partsUs }: PathTime) => PARTS.reduce((sum, part) => sum + partsUs[part], syncUs);

describe('the time of connections', () => {
  it('is divided between reads, writes, scans, others and syncs', () => {
    const time = spent(
      new TraceLog({ syncUs: 5000 })
        .turn(8, ['SCAN', '0'], page(0, ['a']))
        .turn(8, ['GET', 'a'], bulk('x'))
        .turn(8, ['SADD', 's', 'a'], int(1))
        .turn(8, ['PING'], '+PONG\r\n'),
    )!;
    expect(time).toMatchObject({
      syncUs: 5000,
      ownSyncUs: 5000,
      counts: { scan: 1, read: 1, write: 1, other: 1 },
    });
    for (const part of PARTS) expect(time.partsUs[part]).toBeGreaterThan(0);
    expect(parts(time)).toBeCloseTo(time.untracedUs);
  });

  it('a sync of a neighbour counts for the reader who waits behind it, as no sync of its own', () => {
    const { trace } = factsOf(
      new TraceLog().turns([
        [8, ['SET', 'a', 'x'], OK],
        [9, ['GET', 'b'], NIL],
      ]),
    );
    const reader = trace!.conversations.filter(({ channel }) => channel.fd === 9);
    expect(timeOf(trace!, reader)).toMatchObject({ syncUs: 5000, ownSyncUs: 0 });
  });

  it('a pause of the client is not counted', () => {
    const busy = spent(new TraceLog().turn(8, ['GET', 'a'], NIL).turn(8, ['GET', 'a'], NIL))!;
    const paused = spent(new TraceLog().turn(8, ['GET', 'a'], NIL).wait(5e6).turn(8, ['GET', 'a'], NIL))!;
    expect(paused.wallUs).toBeLessThan(busy.wallUs);
  });

  it('a blocking command is not counted', () => {
    const log = new TraceLog()
      .read(8, request('BLPOP', 'q', '5'))
      .wait(40_000)
      .write(8, NIL)
      .turn(8, ['GET', 'a'], NIL);
    expect(spent(log)!.wallUs).toBeLessThan(1000);
  });

  it('the longest wait of one burst is kept', () => {
    const log = new TraceLog({ syncUs: 5000 })
      .times(3, (each) => each.turn(8, ['SET', 'a', 'x'], OK))
      .wait(1e6)
      .times(20, (each) => each.turn(8, ['SET', 'a', 'x'], OK));
    expect(spent(log)!.worstBurstSyncUs).toBe(100_000);
  });

  it('is unknown without times', () => {
    const { trace } = factsOf(
      '[pid 9085] read(8, "*1\\r\\n$4\\r\\nPING\\r\\n", 99) = 14\n[pid 9085] write(8, "+PONG\\r\\n", 7) = 7\n',
    );
    expect(trace!.commands).toHaveLength(1);
    expect(timeOf(trace!, trace!.conversations)).toBeUndefined();
  });

  it('what a command usually takes is its quick quarter', () => {
    const log = new TraceLog({ appendfsync: 'off' }).times(40, (each, index) =>
      each.wait(index % 4 === 3 ? 900 : 0).turn(8, ['GET', 'a'], NIL),
    );
    const { usualUs, partsUs } = spent(log)!;
    expect(usualUs.read * 40).toBeLessThan(partsUs.read);
    expect(usualUs.read).toBeGreaterThan(0);
    expect(usualUs.write).toBe(0);
  });

  it('parts sum to the whole, whatever is asked, and the tracer adds at most what was watched', () => {
    const command = fc.constantFrom<[string[], string]>(
      [['GET', 'a'], NIL],
      [['SET', 'a', 'x'], OK],
      [['SCAN', '0'], page(0, [])],
      [['PING'], '+PONG\r\n'],
      [['SMEMBERS', 's'], '*0\r\n'],
    );
    const turns = fc.array(fc.tuple(fc.constantFrom(8, 9), command, fc.nat(100_000)), { maxLength: 30 });
    const options = fc.record<TraceLogOptions>({
      syncUs: fc.nat(20_000),
      callUs: fc.nat(500),
      thinkUs: fc.nat(3000),
    });
    const slowdowns = fc.option(fc.double({ min: 1, max: 100, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(turns, options, slowdowns, (steps, each, slowdown) => {
        const log = new TraceLog(each);
        for (const [fd, [words, reply], pause] of steps) log.wait(pause).turn(fd, words, reply);
        const time = spent(log, slowdown === undefined ? {} : { slowdown });
        if (!time) return;
        expect(parts(time)).toBeCloseTo(time.untracedUs, 2);
        expect(time.untracedUs).toBeLessThanOrEqual(time.wallUs * (1 + 1e-9));
        expect(time.untracedUs).toBeGreaterThan(0);
        expect(time.worstBurstSyncUs).toBeLessThanOrEqual(time.syncUs);
        for (const part of PARTS) expect(time.partsUs[part]).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the time under a tracer', () => {
  const log = () => new TraceLog({ syncUs: 5000 }).times(40, (each) => each.turn(8, ['SET', 'a', 'x'], OK));
  const syncShare = (slowdown?: number) => {
    const time = spent(log(), slowdown === undefined ? {} : { slowdown })!;
    return time.syncUs / time.untracedUs;
  };

  it('loses what was measured, from everything but the disk', () => {
    expect(syncShare(1.04)).toBeGreaterThan(syncShare());
    expect(spent(log(), { slowdown: 1.04 })!.syncUs).toBe(spent(log())!.syncUs);
  });

  it('loses no more than its calls can have taken, when the load itself fell', () => {
    expect(syncShare(50)).toBe(syncShare(1000));
  });
});
