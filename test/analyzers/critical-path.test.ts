import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CriticalPath, PathLayer } from '../../src/core/timeline.ts';
import { APP_PID, THREADS } from '../support/app-log.ts';
import {
  bulk,
  int,
  NIL,
  OK,
  page,
  reportOf,
  request,
  type Surroundings,
  slowQuery,
  TraceLog,
  type TraceLogOptions,
} from '../support/trace-log.ts';

const pathOf = (log: TraceLog | string, surroundings?: Surroundings): CriticalPath =>
  reportOf(log, surroundings).criticalPath!;
const shareOf = (path: CriticalPath, layer: PathLayer): number =>
  path.layers.find((each) => each.layer === layer)?.share ?? 0;
const sumOf = (path: Pick<CriticalPath, 'layers'>): number =>
  path.layers.reduce((sum, each) => sum + each.seconds, 0);

/** Both ends of one connection on one clock: the application asks, the server answers. */
class BothEnds extends TraceLog {
  ask(words: readonly string[], reply: string, syncUs = 0): this {
    const bytes = request(...words);
    this.call('sendto', `5, ${JSON.stringify(bytes)}, ${bytes.length}, 0, NULL, 0`, bytes.length, 20, APP_PID)
      .wait(10)
      .read(8, bytes);
    if (syncUs > 0) this.write(7, bytes).call('fdatasync', '7', 0, syncUs);
    const asked = `5, ${JSON.stringify(reply)}, 65536, 0, NULL, NULL`;
    return this.write(8, reply).wait(10).call('recvfrom', asked, reply.length, 10, APP_PID);
  }
}
const watched: Surroundings = { threads: THREADS };

describe('the critical path', () => {
  it('of the case is the waiting for its own syncs', () => {
    const path = pathOf(slowQuery(new TraceLog({ syncUs: 8000 })));
    expect(path).toMatchObject({ of: 'bursts', count: 1, covered: 1 });
    expect(path.layers[0]!.layer).toBe('sync');
    expect(shareOf(path, 'sync')).toBeGreaterThan(0.8);
    expect(sumOf(path)).toBeCloseTo(path.seconds, 4);
  });

  it('of an HTTP request goes from its first byte to its answer, through client and server', () => {
    const log = new BothEnds({ stepUs: 15 });
    for (let index = 0; index < 3; index++) {
      log
        .wait(500)
        .read(12, 'GET /item/list HTTP/1.1\r\nHost: app\r\n\r\n', APP_PID)
        .ask(['GET', 'a'], bulk('good'))
        .wait(3000)
        .ask(['SADD', 's', 'a'], int(1), 5000)
        .call('nanosleep', '{tv_sec=0}', 0, 2000, APP_PID)
        .write(12, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', APP_PID);
    }
    const path = pathOf(log, watched);
    expect(path).toMatchObject({ of: 'requests', what: 'GET /item/list', count: 3 });
    expect(path.covered).toBeGreaterThanOrEqual(0.95);
    expect(sumOf(path)).toBeCloseTo(path.seconds, 4);
    expect(shareOf(path, 'sync') * path.seconds).toBeCloseTo(0.015, 3);
    expect(shareOf(path, 'clientWaits') * path.seconds).toBeGreaterThan(0.005);
    expect(shareOf(path, 'clientCpu') * path.seconds).toBeGreaterThan(0.008);
    expect(shareOf(path, 'client')).toBe(0);
    expect(path.slowest[0]!.evidence.text).toContain('GET /item/list');
  });

  it('of a reader who came in the same turn as a write names whose sync it waited for', () => {
    const log = new TraceLog({ syncUs: 5000 }).times(20, (each) =>
      each.turns([
        [8, ['SET', 'a', 'x'], OK],
        [9, ['GET', 'b'], NIL],
      ]),
    );
    const path = pathOf(log);
    expect(shareOf(path, 'sync')).toBeGreaterThan(0.4);
    expect(shareOf(path, 'syncOfOthers')).toBeGreaterThan(0.4);
    expect(path.heldUpBy![0]).toMatchObject({ layer: 'syncOfOthers', who: 'SET of descriptor 8' });
  });

  it('of a reader who asked during a sync holds the sync, though the server read it only afterwards', () => {
    const log = new TraceLog({ syncUs: 6000 });
    const idle = () => log.call('epoll_wait', '5, [{events=EPOLLIN}], 10128, 100', 1, 300);
    for (let index = 0; index < 8; index++) {
      idle().wait(10).read(9, request('GET', 'b')).write(9, NIL);
    }
    for (let index = 0; index < 8; index++) {
      log
        .read(8, request('SET', 'a', 'x'))
        .write(7, request('SET', 'a', 'x'))
        .sync()
        .write(8, OK);
      log.call('epoll_wait', '5, [{events=EPOLLIN}], 10128, 100', 1, 2);
      log.read(9, request('GET', 'b')).write(9, NIL);
      log.call('epoll_wait', '5, [{events=EPOLLIN}], 10128, 100', 1, 2);
    }
    const path = pathOf(log);
    const reader = path.slowest.find(({ what }) => what.includes('descriptor 9'))!;
    const waited = reader.layers.find(({ layer }) => layer === 'syncOfOthers')!;
    expect(waited.share).toBeGreaterThan(0.7);
    expect(path.heldUpBy).toContainEqual(
      expect.objectContaining({ layer: 'syncOfOthers', who: 'SET of descriptor 8' }),
    );
  });

  it('behind a long command is a queue, and says behind which', () => {
    const log = new TraceLog({ appendfsync: 'off' }).times(20, (each) =>
      each
        .read(8, request('KEYS', '*'))
        .wait(4000)
        .write(8, '*0\r\n')
        .read(9, request('GET', 'a'))
        .read(10, request('KEYS', 'x*'))
        .wait(4000)
        .write(9, NIL)
        .write(10, '*0\r\n'),
    );
    const path = pathOf(log);
    expect(path.heldUpBy).toContainEqual(
      expect.objectContaining({ layer: 'queue', who: 'KEYS of descriptor 10' }),
    );
    expect(shareOf(path, 'queue')).toBeGreaterThan(0.1);
  });

  it('what the tracer costs is a part of its own', () => {
    const path = pathOf(slowQuery(new TraceLog({ appendfsync: 'off', callUs: 60 })));
    expect(shareOf(path, 'tracer')).toBeGreaterThan(0.1);
    expect(sumOf(path)).toBeCloseTo(path.seconds, 4);
  });

  it('is absent without times, and where nothing was asked', () => {
    const untimed =
      '[pid 9085] read(8, "*1\\r\\n$4\\r\\nPING\\r\\n", 99) = 14\n[pid 9085] write(8, "+PONG\\r\\n", 7) = 7\n';
    expect(reportOf(untimed)).not.toHaveProperty('criticalPath');
    expect(reportOf(new TraceLog().call('epoll_wait', '5, [], 10128, 100', 0, 100_000))).not.toHaveProperty(
      'criticalPath',
    );
  });

  it('has no hole, whatever is asked and by how many', () => {
    const command = fc.constantFrom<[string[], string]>(
      [['GET', 'a'], NIL],
      [['SET', 'a', 'x'], OK],
      [['SCAN', '0'], page(0, [])],
      [['BLPOP', 'q', '0'], NIL],
      [['PING'], '+PONG\r\n'],
    );
    const turn = fc.array(fc.tuple(fc.constantFrom(8, 9, 10), command), { minLength: 1, maxLength: 3 });
    const options = fc.record<TraceLogOptions>({
      ...{ syncUs: fc.nat(20_000), callUs: fc.nat(500), thinkUs: fc.nat(3000), stepUs: fc.nat(200) },
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(turn, fc.nat(80_000)), { maxLength: 20 }), options, (turns, each) => {
        const log = new TraceLog(each);
        for (const [commands, pause] of turns) {
          const seen = new Map(commands.map(([fd, [words, reply]]) => [fd, [words, reply] as const]));
          log.wait(pause).turns([...seen].map(([fd, [words, reply]]) => [fd, words, reply] as const));
        }
        const path = reportOf(log).criticalPath;
        if (!path) return;
        expect(path.covered).toBeGreaterThanOrEqual(0.95);
        for (const one of [path, ...path.slowest]) {
          expect(Math.abs(sumOf(one) - one.seconds)).toBeLessThan(2e-5);
          for (const { share } of one.layers) expect(share).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
