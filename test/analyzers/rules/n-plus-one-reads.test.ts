import { describe, expect, it } from 'vitest';
import { BOTH, pageThatFillsItsCacheAtOnce, queryThatWrites, withServer } from '../../support/app-log.ts';
import {
  busyReader,
  cacheFill,
  fiftyClients,
  greetings,
  otherDatabase,
  pagesByMget,
  pagesByPipeline,
  queueWorker,
  readModifyWrite,
  sessions,
  shortScan,
  streams,
  webServer,
} from '../../support/logs.ts';
import { bulk, bulks, NIL, page, slowQuery, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'n-plus-one-reads';
const keys = (count: number) => Array.from({ length: count }, (_, index) => `item:${1000 + index}`);
const listThenReads = (command: string, count = 30) =>
  new TraceLog({ appendfsync: 'off' })
    .turn(8, ['KEYS', 'item:*'], bulks(...keys(count)))
    .times(count, (log, index) => log.turn(8, [command, keys(count)[index]!], bulk(`value ${index}`)));

judges(ID, {
  fires: {
    'the query of the case': () => ({ log: slowQuery(new TraceLog()) }),
    'KEYS, then a GET for each': () => ({ log: listThenReads('GET') }),
    'KEYS, then a HGETALL for each': () => ({ log: listThenReads('HGETALL') }),
    'ids out of a set, then an object for each': () => ({
      log: new TraceLog()
        .turn(8, ['SMEMBERS', 'team'], bulks(...keys(30).map((key) => key.slice(5))))
        .times(30, (log, index) => log.turn(8, ['GET', `user:${1000 + index}`], bulk('x'))),
    }),
    'many of the listed keys are gone meanwhile': () => ({
      log: new TraceLog()
        .turn(8, ['SCAN', '0', 'COUNT', '1000'], page(0, keys(40)))
        .times(40, (log, index) => log.turn(8, ['GET', keys(40)[index]!], index % 2 === 0 ? NIL : bulk('x'))),
    }),
    'an HTTP request of a traced client': () => ({ log: withServer(queryThatWrites()), ...BOTH }),
  },
  spares: {
    'a busy client of random keys, no list before it': () => ({ log: busyReader() }),
    'a list and MGET': () => ({ log: pagesByMget() }),
    'a list and pipelined reads': () => ({ log: pagesByPipeline() }),
    'a cache that fills itself': () => ({ log: cacheFill() }),
    'one key again and again': () => ({ log: readModifyWrite() }),
    sessions: () => ({ log: sessions() }),
    'a queue worker': () => ({ log: queueWorker() }),
    'fifty clients': () => ({ log: fiftyClients() }),
    'a short walk over the keys': () => ({ log: shortScan() }),
    'pages of fifty items that cost a millisecond, a pause between': () => ({
      log: new TraceLog({ appendfsync: 'off', callUs: 5, stepUs: 5, thinkUs: 10 }).times(20, (log) =>
        log
          .wait(10_000)
          .turn(8, ['SMEMBERS', 'items'], bulks(...keys(50)))
          .times(50, (each, index) => each.turn(8, ['GET', keys(50)[index]!], bulk('x'))),
      ),
    }),
    'the same while a tracer makes each call ten times as dear': () => ({
      log: new TraceLog({ appendfsync: 'off', callUs: 50, stepUs: 50, thinkUs: 100 }).times(20, (log) =>
        log
          .wait(100_000)
          .turn(8, ['SMEMBERS', 'items'], bulks(...keys(50)))
          .times(50, (each, index) => each.turn(8, ['GET', keys(50)[index]!], bulk('x'))),
      ),
      slowdown: 10,
    }),
    'a list of fewer items than are worth a change': () => ({
      log: `${listThenReads('GET', 12).text}${busyReader().text}`,
    }),
    'MONITOR, subscribers and a replica': () => ({ log: streams() }),
    'greetings and inline pings': () => ({ log: greetings() }),
    'one client lists, another one reads': () => ({
      log: new TraceLog()
        .turn(8, ['KEYS', 'item:*'], bulks(...keys(40)))
        .times(40, (log, index) => log.turn(9, ['GET', keys(40)[index]!], bulk('x'))),
    }),
  },
  cannotTell: {
    'no log': () => ({}),
    'a handful of commands': () => ({ log: listThenReads('GET', 5) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('names the command, the kind of key and what to use instead', () => {
    const finding = findingOf(ID, { log: listThenReads('GET') });
    expect(finding.why).toContain('30 GET of keys like "item:…"');
    expect(finding.fix!.summary).toContain('MGET');
    expect(findingOf(ID, { log: listThenReads('HGETALL') }).fix!.summary).toContain('a pipeline');
  });

  it('measures round trips that waited for no sync', () => {
    const slow = findingOf(ID, { log: slowQuery(new TraceLog({ syncUs: 50_000 })) });
    expect(slow.measures.roundTripP50!.value).toBeLessThan(5);
  });

  it('counts the lists inside one page of a request', () => {
    const finding = findingOf(ID, { log: withServer(pageThatFillsItsCacheAtOnce()), ...BOTH });
    expect(finding.why).toContain('inside GET /catalogue');
  });
});
