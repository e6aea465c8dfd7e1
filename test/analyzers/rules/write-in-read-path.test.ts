import { describe, expect, it } from 'vitest';
import {
  BOTH,
  pageThatFillsItsCache,
  pageThatFillsItsCacheAtOnce,
  pageWithCounter,
  postThatWrites,
  queryThatWrites,
  withServer,
} from '../../support/app-log.ts';
import {
  busyReader,
  cacheFill,
  cacheFillOfMany,
  fiftyClients,
  greetings,
  migration,
  onlineUsers,
  otherDatabase,
  pagesByMget,
  pagesByPipeline,
  queueWorker,
  readModifyWrite,
  rewriteChild,
  sessions,
  streams,
  taggedCache,
  webServer,
  writeBuffer,
} from '../../support/logs.ts';
import { bulk, bulks, int, LSOF, OK, slowQuery, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, type Shown, verdictFor } from './table.ts';

const ID = 'write-in-read-path';

/** The first turns of the case's own log: three reads, one of which leads to a write. */
const firstTurns = () =>
  new TraceLog({ shown: 32 })
    .turn(8, ['GET', 'uuid:5b2e76cc-06ac-11e9-92c7-0242ac110002'], bulk('bad'))
    .turn(8, ['GET', 'uuid:55862ada-06ac-11e9-92c7-0242ac110002'], bulk('bad'))
    .turn(8, ['GET', 'uuid:53522908-06ac-11e9-92c7-0242ac110002'], bulk('good'))
    .turn(8, ['SADD', 'good', '53522908-06ac-11e9-92c7-0242ac110002'], int(1));

const spared: Record<string, () => Shown> = {
  'the rewritten query: only reads': () => ({ log: pagesByMget() }),
  'a cache that fills itself on a miss': () => ({ log: cacheFill() }),
  'the same under always': () => ({ log: cacheFill({ appendfsync: 'always' }) }),
  'a cache that is read with MGET and filled where it had nulls': () => ({ log: cacheFillOfMany() }),
  'a queue worker': () => ({ log: queueWorker() }),
  'read, modify, write of one key': () => ({ log: readModifyWrite() }),
  'sessions that are renewed': () => ({ log: sessions() }),
  'a list of who is online': () => ({ log: onlineUsers() }),
  'a busy reader': () => ({ log: busyReader() }),
  'pipelined reads': () => ({ log: pagesByPipeline() }),
  'fifty clients with keys of their own': () => ({ log: fiftyClients() }),
  'a buffer of measurements that is flushed': () => ({ log: writeBuffer() }),
  'cached pages that a tag forgets together': () => ({ log: taggedCache() }),
  'MONITOR, subscribers and a replica': () => ({ log: streams() }),
  'greetings and inline pings': () => ({ log: greetings() }),
  'a child that rewrites the log': () => ({ log: rewriteChild() }),
  'writes only': () => ({
    log: new TraceLog().times(60, (log, index) => log.turn(8, ['SET', `key:${index}`, 'v'], OK)),
  }),
  'one client writes what another one read': () => ({
    log: new TraceLog().times(60, (log, index) =>
      log
        .turn(8, ['GET', `user:${index}`], bulk(`city-${index}`))
        .turn(9, ['SADD', `city-${index}`, `${index}abc`], int(1)),
    ),
  }),
};

judges(ID, {
  fires: {
    'the query of the case': () => ({ log: slowQuery(new TraceLog()), lsof: LSOF }),
    'the same with buffers cut to 32 bytes': () => ({ log: slowQuery(new TraceLog({ shown: 32 })) }),
    'the same under everysec': () => ({ log: slowQuery(new TraceLog({ appendfsync: 'everysec' })) }),
    'the same without an append-only file': () => ({ log: slowQuery(new TraceLog({ appendfsync: 'off' })) }),
    'a few turns of it': () => ({ log: firstTurns() }),
    'its middle, attached while it runs': () => {
      const lines = slowQuery(new TraceLog(), 100).text.split('\n');
      return { log: lines.slice(301, 420).join('\n') };
    },
    'results collected in a list instead of a set': () => ({
      log: new TraceLog()
        .turn(
          8,
          ['SMEMBERS', 'users'],
          bulks(...Array.from({ length: 40 }, (_, index) => `u${1000 + index}`)),
        )
        .times(40, (log, index) => {
          log.turn(8, ['HGETALL', `user:u${1000 + index}`], bulks('city', 'Oslo'));
          if (index % 2 === 0) log.turn(8, ['RPUSH', 'tmp:oslo', `u${1000 + index}`], int(index));
        })
        .turn(8, ['LRANGE', 'tmp:oslo', '0', '-1'], bulks('u1000', 'u1002'))
        .turn(8, ['DEL', 'tmp:oslo'], int(1)),
    }),
    'an HTTP GET that writes, seen from the client': () => ({ log: withServer(queryThatWrites()), ...BOTH }),
  },
  spares: spared,
  cannotTell: {
    'no log': () => ({}),
    'one read and one write': () => ({
      log: new TraceLog().turn(8, ['GET', 'a:1'], bulk('x')).turn(8, ['SET', 'b', 'y'], OK),
    }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('HTTP requests of a traced client', () => {
  const quiet = (log: string) => ({
    log: `${busyReader().text}${log}`,
    ...BOTH,
  });
  it.each([
    ['a page that counts visits', pageWithCounter],
    ['a page that fills its cache', pageThatFillsItsCache],
    ['a page that fills its cache after one MGET', pageThatFillsItsCacheAtOnce],
    ['a POST', postThatWrites],
  ])('%s is spared', (_, log) => {
    expect(verdictFor(ID, quiet(log().text))).toMatchObject({ kind: 'clear' });
  });

  it('the request is named without its query', () => {
    const finding = findingOf(ID, { log: withServer(queryThatWrites()), ...BOTH });
    expect(finding.why).toContain('GET /get_cache/good is a query, yet its commands write');
    expect(JSON.stringify(finding)).not.toContain('planted-token');
    expect(finding.measures).toMatchObject({ httpReadsThatWrite: { value: 1 } });
  });
});

describe('what it says', () => {
  it('only remarks on a job that copies keys, since that is no query', () => {
    const finding = findingOf(ID, { log: migration() });
    expect(finding.severity).toBe('info');
    expect(finding.title).toBe('A loop writes what it has just read back to the server');
    expect(finding.confidence).toBe(0.5);
  });

  it('only remarks on a walk that rests between its steps', () => {
    expect(findingOf(ID, { log: migration(20_000) }).why).toContain('The client rests between the steps');
    expect(findingOf(ID, { log: slowQuery(new TraceLog({ thinkUs: 20_000 })) }).severity).toBe('info');
    expect(findingOf(ID, { log: slowQuery(new TraceLog()) }).severity).toBe('critical');
  });

  it('is counted, and points at the read, its reply and the write', () => {
    const finding = findingOf(ID, { log: slowQuery(new TraceLog()), lsof: LSOF });
    expect(finding.measures).toMatchObject({
      writes: { value: 25 },
      derivedWrites: { value: 24 },
      scratchKeys: { value: 1 },
    });
    expect(finding.evidence.slice(0, 3).map(({ text }) => text)).toEqual([
      expect.stringContaining('read(8, GET uuid:…)'),
      expect.stringContaining('write(8, <bulk of 4 B>)'),
      expect.stringContaining('read(8, SADD good <36 B>)'),
    ]);
  });

  it('says that a write is logged and synced only where it was seen', () => {
    const logged = /is appended to the log and synced/;
    expect(findingOf(ID, { log: slowQuery(new TraceLog()), lsof: LSOF }).why).toMatch(logged);
    const { why } = findingOf(ID, { log: slowQuery(new TraceLog({ appendfsync: 'off' })) });
    expect(why).toContain('Each of these writes takes a round trip.');
    expect(why).not.toMatch(logged);
  });

  it('is less sure of one write than of many', () => {
    const few = findingOf(ID, { log: firstTurns() }).confidence;
    const many = findingOf(ID, { log: slowQuery(new TraceLog()) }).confidence;
    expect(few).toBeLessThan(many);
  });
});
