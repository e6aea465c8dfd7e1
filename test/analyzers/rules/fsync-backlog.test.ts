import { describe, expect, it } from 'vitest';
import { busyReader, webServer } from '../../support/logs.ts';
import { int, LSOF, request, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'fsync-backlog';
const THREADS = [
  [9085, 9085],
  [9087, 9085],
] as const;

/** Appends, of which each tenth takes `heldUs`, while another thread syncs for `syncUs`. */
const appends = (heldUs: number, syncUs: number, { fd = 7, count = 60 } = {}) => ({
  log: new TraceLog({ appendfsync: 'off' }).times(count, (log, index) => {
    const words = ['SADD', 'seen', String(index)];
    const text = request(...words).replaceAll('\r\n', '\\r\\n');
    log.wait(2000).read(8, request(...words));
    if (index % 10 === 3) {
      log.call('fdatasync', String(fd), 0, syncUs, 9087).wait(-syncUs - 20);
      log.call('write', `7, "${text}", ${request(...words).length}`, request(...words).length, heldUs);
    } else log.write(7, request(...words));
    log.write(8, int(1));
  }),
  threads: THREADS,
});

judges(ID, {
  fires: {
    'appends held for 40 ms': () => appends(40_000, 50_000),
    'appends held for 900 ms': () => appends(900_000, 1_000_000),
  },
  spares: {
    'syncs in the background that hold nobody': () => appends(30, 50_000),
    'slow appends without a sync': () => appends(40_000, 30),
    'the sync of another file': () => ({ ...appends(40_000, 50_000, { fd: 12 }), lsof: LSOF }),
    'a sync before each reply, which has a cause of its own': () => ({
      log: new TraceLog({ syncUs: 40_000 }).times(40, (log) => log.turn(8, ['SADD', 's', 'm'], int(1))),
    }),
  },
  cannotTell: {
    'no log': () => ({}),
    'few appends': () => appends(30, 50, { count: 4 }),
    'no appends': () => ({ log: busyReader() }),
    'an HTTP server': () => ({ log: webServer() }),
  },
});

describe('what it says', () => {
  it('counts what was held, and shows an append beside the sync', () => {
    const { measures, evidence, severity } = findingOf(ID, appends(40_000, 50_000));
    expect(measures.heldAppends).toEqual({ value: 6, unit: 'count' });
    expect(evidence.map(({ text }) => /write|fdatasync/.exec(text)?.[0]).slice(0, 2)).toEqual([
      'write',
      'fdatasync',
    ]);
    expect(severity).toBe('critical');
  });
});
