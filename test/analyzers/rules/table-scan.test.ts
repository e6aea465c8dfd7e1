import { describe, expect, it } from 'vitest';
import { webServer } from '../../support/logs.ts';
import { slowQuery, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'table-scan';
const PAGE = 8192;
const LSOF = [
  'COMMAND   PID USER FD TYPE DEVICE SIZE/OFF NODE NAME',
  'postgres 5432 pg   6u IPv4 11111      0t0  TCP 127.0.0.1:5432->127.0.0.1:40000 (ESTABLISHED)',
  'postgres 5432 pg  16u  REG    8,1 16777216 1234 /var/lib/postgresql/15/main/base/5/16389',
  'postgres 5432 pg  17u  REG    8,1 16777216 1235 /var/lib/postgresql/15/main/base/5/16400',
].join('\n');
const target = { target: { pid: 5432, comm: 'postgres' }, lsof: LSOF };

const ask = (log: TraceLog) => log.call('recvfrom', '6, "Q\\0\\0\\0\\33select 1", 8192, 0, NULL, NULL', 67);
const reply = (log: TraceLog, bytes = 289) => log.call('sendto', `6, "T\\0\\0", ${bytes}, 0, NULL, 0`, bytes);
const page = (log: TraceLog, offset: number, fd = 16) =>
  log.call('pread64', `${fd}, "\\0\\0\\0\\0"..., ${PAGE}, ${offset}`, PAGE, 5);

/** A backend whose query finds its row in `pages` pages, read as `offsetOf` says. */
function backend({
  requests = 5,
  pages = 400,
  answerBytes = 289,
  offsetOf = (at: number, _request: number) => at * PAGE,
} = {}): TraceLog {
  return new TraceLog({ pid: 5432, stepUs: 10 }).times(requests, (log, request) => {
    ask(log).times(pages, (_, at) => page(log, offsetOf(at, request)));
    reply(log, answerBytes).wait(1000);
  });
}
/** Always the same places, none behind the other. */
const jumping = (at: number) => ((at * 7919) % 5003) * PAGE;

judges(ID, {
  fires: {
    'a query without an index': () => ({ log: backend(), ...target }),
    'three of them': () => ({ log: backend({ requests: 3 }), ...target }),
    'a scan that begins where another one is': () => ({
      log: backend({ offsetOf: (at, request) => ((at + request * 150) % 400) * PAGE }),
      ...target,
    }),
    'an embedded database behind HTTP': () => ({
      log: new TraceLog({ pid: 5432 })
        .line('[pid  5432] 11:59:00.000000 openat(AT_FDCWD, "/srv/shop.db", O_RDWR) = 16 <0.000030>')
        .times(4, (log) => {
          log
            .call('accept4', '3, NULL, NULL, SOCK_CLOEXEC', 6)
            .read(6, 'GET /orders?customer=7 HTTP/1.1\r\n\r\n');
          log.times(600, (_, at) => page(log, at * PAGE));
          log.write(6, 'HTTP/1.1 200 OK\r\n\r\n[]').call('close', '6', 0);
        }),
      target: { pid: 5432, comm: 'python3' },
    }),
    'a log without times': () => ({ log: backend().text.replaceAll(/ <\d\.\d+>/g, ''), ...target }),
  },
  spares: {
    'a query with an index': () => ({ log: backend({ requests: 400, pages: 4 }), ...target }),
    'many rows, each found through an index': () => ({ log: backend({ offsetOf: jumping }), ...target }),
    'queries of other parts each': () => ({
      log: backend({ offsetOf: (at, request) => (request * 400 + at) * PAGE }),
      ...target,
    }),
    'a dump: everything that is read is sent on': () => ({
      log: backend({ answerBytes: 400 * PAGE }),
      ...target,
    }),
    'a reader of the write-ahead log that is asked now and then': () => ({
      log: new TraceLog({ pid: 5432 }).times(10, (log, request) => {
        ask(log).times(200, (_, at) => page(log, (request * 200 + at) * PAGE, 17));
        reply(log);
      }),
      ...target,
    }),
    'a small table': () => ({ log: backend({ requests: 40, pages: 30 }), ...target }),
    'a log that is tailed': () => ({
      log: new TraceLog({ pid: 5432 })
        .line('[pid  5432] 11:59:00.000000 openat(AT_FDCWD, "/var/log/syslog", O_RDONLY) = 16 <0.000030>')
        .times(300, (log) => log.read(16, 'x'.repeat(120)).wait(20_000)),
      ...target,
    }),
    'a web server that reads no file': () => ({ log: webServer() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'a backup that reads a file once and serves nobody': () => ({
      log: new TraceLog({ pid: 5432 }).times(2000, (log, at) => page(log, at * PAGE)),
      ...target,
    }),
    'a window that is shorter than a request': () => ({
      log: new TraceLog({ pid: 5432 }).times(300, (log, at) => page(log, at * PAGE)),
      ...target,
    }),
    'one slow answer': () => ({ log: backend({ requests: 1, pages: 2000 }), ...target }),
    'a Redis server': () => ({ log: slowQuery(new TraceLog()) }),
    'reads that do not say where': () => ({
      log: backend().text.replaceAll(/pread64\((.*), \d+\) = /g, 'read($1) = '),
      ...target,
    }),
  },
});

describe('what it says', () => {
  const finding = () => findingOf(ID, { log: backend(), ...target });

  it('names the file, what is read for an answer, and how often over', () => {
    expect(finding().why).toBe(
      'For each of 5 answers it read 3.13 MiB of /var/lib/postgresql/15/main/base/5/16389 from page to page, 400 reads, the same parts 5 times over; an answer takes 6.03 ms. SELECT pg_filenode_relation(0, 16389) tells which table that is.',
    );
    expect(finding()).toMatchObject({
      severity: 'critical',
      measures: {
        requests: { value: 5 },
        readsPerRequest: { value: 400 },
        bytesPerRequest: { value: 400 * PAGE },
      },
    });
    expect(finding().evidence.map(({ text }) => / (\w+)\(/.exec(text)?.[1])).toEqual([
      'recvfrom',
      'pread64',
      'pread64',
      'sendto',
    ]);
  });

  it('predicts from the pages that an index leaves', () => {
    const { metric, before, after, low, high } = finding().prediction!;
    expect(metric).toBe('answer milliseconds');
    expect(after).toBeLessThan(before / 20);
    expect(low).toBeLessThan(after);
    expect(high).toBeGreaterThan(after);
  });

  it('the wait for a request is no part of its answer', () => {
    const log = new TraceLog({ pid: 5432, stepUs: 10 }).times(5, (each) => {
      each.call('recvfrom', '6, 0x5581, 8192, 0, NULL, NULL', '-1 EAGAIN (Resource temporarily unavailable)');
      each.call('epoll_wait', '4, [], 1, -1', 1, 900_000);
      ask(each).times(400, (_, at) => page(each, at * PAGE));
      reply(each);
    });
    expect(findingOf(ID, { log, ...target }).measures.answerP50).toEqual({ value: 6.03, unit: 'ms' });
  });

  it('shows none of what was asked', () => {
    expect(JSON.stringify(finding())).not.toContain('select 1');
  });

  it('a hole in the log does not join what stands around it', () => {
    const [start, end] = [backend({ requests: 1 }).text, backend({ requests: 1 }).text];
    expect(verdictFor(ID, { log: `${start}...\n${end}`, ...target }).kind).toBe('insufficient');
  });
});
