import { describe, expect, it } from 'vitest';
import {
  AppLog,
  BOTH,
  pageThatFillsItsCache,
  pageWithCounter,
  queryThatWrites,
  THREADS,
  withServer,
} from '../../support/app-log.ts';
import { busyReader, webServer } from '../../support/logs.ts';
import { bulk, type TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'client-stall';
const shown = (log: AppLog) => ({ log: withServer(log), threads: THREADS, ...BOTH });

/** Requests that read two keys, with something in between. */
const pages = (between: (log: TraceLog) => void, count = 4) => {
  const log = new AppLog();
  for (let index = 0; index < count; index++) {
    log.http('GET', '/report', (each) => {
      each.ask(['GET', `user:${index}`], bulk('somebody'));
      between(each);
      each.ask(['GET', `news:${index}`], bulk('text'));
    });
  }
  return log;
};
const computing = pages((log) => log.wait(300_000));
const sleeping = pages((log) => log.call('clock_nanosleep', 'CLOCK_MONOTONIC, 0, 0x7ffe, NULL', 0, 400_000));
const waiting = pages((log) => log.call('epoll_wait', '4, [{events=EPOLLIN}], 64, 5000', 1, 250_000));

judges(ID, {
  fires: {
    'a client that computes': () => shown(computing),
    'a client that sleeps': () => shown(sleeping),
    'a client that waits for another service': () => shown(waiting),
    'work before the first command': () => {
      const log = new AppLog();
      for (let index = 0; index < 3; index++)
        log.http('GET', '/late', (each) => each.wait(200_000).ask(['GET', `a:${index}`], bulk('x')));
      return shown(log);
    },
  },
  spares: {
    'a page that asks and answers': () => shown(pageWithCounter()),
    'a query of many commands': () => shown(queryThatWrites()),
    'a page that fills its cache': () => shown(pageThatFillsItsCache()),
    'a page that takes 30 ms of its own': () => shown(pages((log) => log.wait(30_000))),
    'one slow request': () => shown(pages((log) => log.wait(300_000), 1)),
    'a slow server': () => {
      const log = new AppLog();
      for (let index = 0; index < 4; index++) {
        log.http('GET', '/slow', (each) =>
          each
            .call('sendto', '5, "*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\na\\r\\n", 20, 0, NULL, 0', 20)
            .call('recvfrom', '5, "$1\\r\\nx\\r\\n", 65536, 0, NULL, NULL', 7, 400_000),
        );
      }
      return shown(log);
    },
  },
  cannotTell: {
    'no log': () => ({}),
    'a server whose clients were not watched': () => ({ log: busyReader() }),
    'an HTTP server without commands': () => ({ log: webServer() }),
  },
});

describe('what it says', () => {
  it('tells computing from waiting', () => {
    expect(findingOf(ID, shown(computing)).title).toContain('computes');
    expect(findingOf(ID, shown(sleeping)).title).toContain('waits for something else');
    expect(findingOf(ID, shown(sleeping)).measures.cpu!.value).toBeLessThan(5);
  });

  it('shows the request, the reply before the longest pause and the command behind it', () => {
    const { evidence, why, share, measures } = findingOf(ID, shown(computing));
    expect(why).toContain('4 requests GET /report spent 300 ms each (median)');
    expect(evidence.map(({ text }) => /GET \/report|recvfrom|GET news/.exec(text)?.[0])).toEqual([
      'GET /report',
      'recvfrom',
      'GET news',
    ]);
    expect(share).toBeGreaterThan(0.95);
    expect(measures.requests).toEqual({ value: 4, unit: 'count' });
  });
});
