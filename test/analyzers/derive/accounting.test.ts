import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharesOf, splitTime, type TimeSplit } from '../../../src/analyzers/derive/accounting.ts';
import {
  bulk,
  factsOf,
  int,
  NIL,
  OK,
  page,
  request,
  TraceLog,
  type TraceLogOptions,
} from '../../support/trace-log.ts';

const split = (log: TraceLog): TimeSplit => splitTime(factsOf(log).trace!.conversations)!;
const parts = ({ syncUs, scanUs, readUs, writeUs, otherUs }: TimeSplit) =>
  syncUs + scanUs + readUs + writeUs + otherUs;

describe('the time of a conversation', () => {
  it('is divided between reads, writes, scans, others and syncs', () => {
    const time = split(
      new TraceLog({ syncUs: 5000 })
        .turn(8, ['SCAN', '0'], page(0, ['a']))
        .turn(8, ['GET', 'a'], bulk('x'))
        .turn(8, ['SADD', 's', 'a'], int(1))
        .turn(8, ['PING'], '+PONG\r\n'),
    );
    expect(time.syncUs).toBe(5000);
    for (const part of [time.scanUs, time.readUs, time.writeUs, time.otherUs])
      expect(part).toBeGreaterThan(0);
    expect(parts(time)).toBe(time.wallUs);
  });

  it('a sync of a neighbour counts for the reader who waits behind it', () => {
    const time = split(
      new TraceLog().turns([
        [8, ['SET', 'a', 'x'], OK],
        [9, ['GET', 'b'], NIL],
      ]),
    );
    expect(time.syncUs).toBe(10_000);
  });

  it('a pause of the client is not counted', () => {
    const busy = split(new TraceLog().turn(8, ['GET', 'a'], NIL).turn(8, ['GET', 'a'], NIL));
    const paused = split(new TraceLog().turn(8, ['GET', 'a'], NIL).wait(5e6).turn(8, ['GET', 'a'], NIL));
    expect(paused.wallUs).toBeLessThan(busy.wallUs);
  });

  it('a blocking command is not counted', () => {
    const log = new TraceLog()
      .read(8, request('BLPOP', 'q', '5'))
      .wait(40_000)
      .write(8, NIL)
      .turn(8, ['GET', 'a'], NIL);
    expect(split(log).wallUs).toBeLessThan(1000);
  });

  it('the longest wait of one burst is kept', () => {
    const log = new TraceLog({ syncUs: 5000 })
      .times(3, (each) => each.turn(8, ['SET', 'a', 'x'], OK))
      .wait(1e6)
      .times(20, (each) => each.turn(8, ['SET', 'a', 'x'], OK));
    expect(split(log).worstBurstSyncUs).toBe(100_000);
  });

  it('is unknown without times', () => {
    const { trace } = factsOf(
      '[pid 9085] read(8, "*1\\r\\n$4\\r\\nPING\\r\\n", 99) = 14\n[pid 9085] write(8, "+PONG\\r\\n", 7) = 7\n',
    );
    expect(trace!.commands).toHaveLength(1);
    expect(splitTime(trace!.conversations)).toBeUndefined();
  });

  it('parts sum to the whole, whatever is asked', () => {
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
    fc.assert(
      fc.property(turns, options, (steps, each) => {
        const log = new TraceLog(each);
        for (const [fd, [words, reply], pause] of steps) log.wait(pause).turn(fd, words, reply);
        const time = splitTime(factsOf(log).trace?.conversations ?? []);
        if (!time) return;
        expect(Math.abs(parts(time) - time.wallUs)).toBeLessThan(1e-3);
        expect(time.syncUs).toBeLessThanOrEqual(time.wallUs);
        expect(time.worstBurstSyncUs).toBeLessThanOrEqual(time.syncUs);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what stays undisturbed', () => {
  it('is what each kind of command takes at its quick quarter', () => {
    const log = new TraceLog({ appendfsync: 'off' }).times(40, (each, index) =>
      each.wait(index % 4 === 3 ? 9000 : 0).turn(8, ['GET', 'a'], '$-1\r\n'),
    );
    const time = split(log);
    expect(time.readUs).toBeGreaterThan(90_000);
    expect(time.undisturbedUs.read).toBeLessThan(10_000);
    expect(time.undisturbedUs.read).toBeGreaterThan(0);
    expect(time.undisturbedUs.write).toBe(0);
  });
});

describe('shares without the tracer', () => {
  const time = (syncUs: number, readUs: number): TimeSplit => ({
    ...{
      wallUs: syncUs + readUs,
      syncUs,
      readUs,
      scanUs: 0,
      writeUs: 0,
      otherUs: 0,
      worstBurstSyncUs: syncUs,
      undisturbedUs: { scan: 0, read: readUs, write: 0, other: 0 },
    },
  });
  const trace = { calls: 1e6 };

  it('are as measured when nothing is known of the cost', () => {
    expect(sharesOf(time(90, 10), trace, 1)).toMatchObject({ sync: 0.9, read: expect.closeTo(0.1) });
  });

  it('a slowdown is taken from everything but the disk', () => {
    const shares = sharesOf(time(5000, 5000), { ...trace, slowdown: 1.5 }, 1);
    expect(shares.sync).toBeGreaterThan(0.7);
  });

  it('are between 0 and 1 and sum to at most 1 for any measurements', () => {
    const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(amount, amount, amount, amount, amount),
        fc.option(fc.double({ min: 1, max: 1000, noNaN: true }), { nil: undefined }),
        fc.option(fc.nat(500), { nil: undefined }),
        fc.nat(1e6),
        ([syncUs, scanUs, readUs, writeUs, otherUs], slowdown, callFloorUs, calls) => {
          const wallUs = syncUs + scanUs + readUs + writeUs + otherUs;
          const { wallUs: untracedUs, ...shares } = sharesOf(
            {
              ...{ wallUs, syncUs, scanUs, readUs, writeUs, otherUs, worstBurstSyncUs: syncUs },
              undisturbedUs: { scan: scanUs, read: readUs, write: writeUs, other: otherUs },
            },
            {
              calls,
              ...(slowdown === undefined ? {} : { slowdown }),
              ...(callFloorUs === undefined ? {} : { callFloorUs }),
            },
            10,
          );
          expect(untracedUs).toBeLessThanOrEqual(Math.max(1, wallUs) * (1 + 1e-9));
          const all = Object.values(shares);
          for (const share of all) {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1 + 1e-9);
          }
          expect(all.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 300 },
    );
  });
});
