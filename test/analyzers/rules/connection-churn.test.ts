import { describe, expect, it } from 'vitest';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { bulk, OK, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'connection-churn';

/** Connections that come, ask and go. */
const visits = (count: number, commands: number, pauseUs = 5000) =>
  new TraceLog({ appendfsync: 'off' }).times(count, (log, index) => {
    const fd = 20 + (index % 5);
    log.wait(pauseUs).call('accept4', '6, {sa_family=AF_INET}, [128 => 16], SOCK_NONBLOCK', fd);
    log.turn(fd, ['HELLO', '3'], OK);
    log.times(commands, (each, which) => each.turn(fd, ['GET', `user:${index}:${which}`], bulk('x')));
    log.read(fd, '').call('close', String(fd), 0);
  });

judges(ID, {
  fires: {
    'one command a connection': () => ({ log: visits(60, 1) }),
    'two commands a connection': () => ({ log: visits(60, 2) }),
  },
  spares: {
    'ten commands a connection': () => ({ log: visits(60, 10) }),
    'a health check now and then': () => ({ log: visits(25, 1, 900_000) }),
    'greetings only': () => ({
      log: visits(30, 0).times(40, (log) => log.turn(8, ['GET', 'a'], bulk('x'))),
    }),
    'short visits beside a busy client': () => ({
      log: visits(30, 1).times(900, (log) => log.turn(8, ['GET', 'a'], bulk('x'))),
    }),
    'connections that stay': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three visits': () => ({ log: visits(3, 1) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
    'a log without times': () => ({
      log: visits(60, 1).text.replace(/ \d\d:\d\d:\d\d\.\d+ | <\d\.\d+>/g, ' '),
    }),
  },
});

describe('what it says', () => {
  it('counts connections and their part of the commands', () => {
    const { why, measures } = findingOf(ID, { log: visits(60, 1) });
    expect(why).toContain('100 % of all commands');
    expect(measures.connections).toEqual({ value: 60, unit: 'count' });
  });
});
