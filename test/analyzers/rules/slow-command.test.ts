import { describe, expect, it } from 'vitest';
import { among, names, others, preempted, work } from '../../support/held-logs.ts';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { bulk, int, OK, page, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'slow-command';

const delayed = (runDelayShare: number) => ({
  targetCpu: { runDelayShare, seconds: 3, text: `9085/schedstat: ran late by ${runDelayShare * 3} s` },
});

judges(ID, {
  fires: {
    'SORT of 40 ms while the process waits for a CPU half of the time': () => ({
      log: among(['SORT', 'list'], names(10), 40_000),
      ...delayed(0.5),
    }),
    'SORT of 40 ms': () => ({ log: among(['SORT', 'list'], names(10), 40_000) }),
    'ZUNIONSTORE of 15 ms': () => ({ log: among(['ZUNIONSTORE', 'to', '2', 'a', 'b'], int(9), 15_000) }),
    'a module command': () => ({ log: among(['FT.SEARCH', 'index', 'words'], names(3), 60_000) }),
    'FLUSHALL once': () => ({ log: among(['FLUSHALL'], OK, 900_000, 1).times(10, () => undefined) }),
    'a pause inside the command': () => ({
      log: others(new TraceLog({ appendfsync: 'off' }))
        .read(9, '*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$3\r\n0.1\r\n')
        .call('nanosleep', '{tv_sec=0, tv_nsec=100000000}, NULL', 0, 100_000)
        .write(9, OK),
    }),
  },
  spares: {
    'commands of constant cost that were late': () => ({ log: others(new TraceLog(), 60, 20_000) }),
    'a machine on which everything is late': () => ({ log: preempted(['SORT', 'list'], names(5)) }),
    'SORT of 2 ms': () => ({ log: among(['SORT', 'list'], names(10), 2000) }),
    'one SORT that was late once': () => ({ log: among(['SORT', 'list'], names(10), 20_000, 1) }),
    'a fast server': () => ({ log: busyReader() }),
    'KEYS, which has a cause of its own': () => ({ log: among(['KEYS', '*'], names(10), 40_000) }),
    'DEL, which has a cause of its own': () => ({ log: among(['DEL', 'big'], int(1), 40_000) }),
    'a large reply, which has a cause of its own': () => ({
      log: among(['SMEMBERS', 'big'], names(6000), 40_000),
    }),
    'a sync between command and reply': () => ({
      log: new TraceLog({ syncUs: 30_000 }).times(60, (log) => log.turn(8, ['ZADD', 'z', '1', 'm'], int(1))),
    }),
    'a blocking command that waits for data': () => ({
      log: others(new TraceLog())
        .read(9, '*3\r\n$5\r\nBLPOP\r\n$1\r\nq\r\n$1\r\n0\r\n')
        .call('epoll_wait', '5, [], 10128, 100', 0, 100_000)
        .write(9, names(2)),
    }),
  },
  cannotTell: {
    'SORT of 15 ms while the process waits for a CPU half of the time': () => ({
      log: among(['SORT', 'list'], names(10), 15_000),
      ...delayed(0.5),
    }),
    'no log': () => ({}),
    'three commands': () => ({ log: others(new TraceLog(), 3) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('names the commands', () => {
    const log = others(new TraceLog({ appendfsync: 'off' }));
    work(log, ['SORT', 'list'], names(3), 70_000);
    work(log, ['SCAN', '0', 'COUNT', '100000'], page(0, ['a']), 60_000);
    expect(findingOf(ID, { log }).why).toContain('2 SORT, SCAN took 60 ms each (median, at most 70 ms)');
  });

  it('divides the time of one packet among its commands', () => {
    const log = others(new TraceLog({ appendfsync: 'off' }));
    const many = Array.from({ length: 10 }, () => '*2\r\n$4\r\nSORT\r\n$1\r\nl\r\n').join('');
    log
      .read(9, many)
      .wait(200_000)
      .write(9, Array.from({ length: 10 }, () => bulk('x')).join(''));
    const finding = findingOf(ID, { log });
    expect(finding.measures.commands).toEqual({ value: 10, unit: 'count' });
    expect(finding.measures.max!.value).toBeCloseTo(20, 0);
  });
});
