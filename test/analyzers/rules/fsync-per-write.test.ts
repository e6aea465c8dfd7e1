import { describe, expect, it } from 'vitest';
import {
  busyReader,
  cacheFill,
  fiftyClients,
  greetings,
  otherDatabase,
  rewriteChild,
  streams,
  webServer,
} from '../../support/logs.ts';
import { bulk, int, LSOF, OK, slowQuery, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'fsync-per-write';
const writer = (options = {}) =>
  new TraceLog(options).times(60, (log, index) => log.turn(8, ['SET', `key:${index}`, 'v'], OK));
const syncsOnly = (count: number, pauseUs: number) => {
  const log = new TraceLog({ syncUs: 7000 });
  return log.times(count, (each) => each.sync(7).wait(pauseUs));
};

judges(ID, {
  fires: {
    'the query of the case': () => ({ log: slowQuery(new TraceLog()), lsof: LSOF }),
    'the same without lsof': () => ({ log: slowQuery(new TraceLog()) }),
    'buffers cut to the 32 bytes of strace': () => ({ log: slowQuery(new TraceLog({ shown: 32 })) }),
    'many clients that share each sync': () => ({
      log: new TraceLog().times(30, (log, index) =>
        log.turns([
          [8, ['SET', `a:${index}`, 'v'], OK],
          [9, ['SET', `b:${index}`, 'v'], OK],
          [10, ['GET', `c:${index}`], bulk('x')],
        ]),
      ),
    }),
    'a server that appends each command of a packet by itself and syncs once': () => ({
      log: new TraceLog().times(20, (log, index) => {
        const words = [0, 1, 2, 3].map((each) => ['SET', `k:${index}:${each}`, 'v']);
        log.read(8, words.map((each) => `*3\r\n${each.map(bulk).join('')}`).join(''));
        for (const each of words) log.write(7, `*3\r\n${each.map(bulk).join('')}`);
        log.sync().write(8, OK.repeat(4));
      }),
    }),
    'one slow burst on a server that is idle otherwise': () => ({
      log: new TraceLog({ syncUs: 8000 })
        .times(20, (log, index) => log.turn(8, ['SADD', 'good', `member ${index}`], int(1)))
        .times(40, (log) => log.wait(100_000).turn(9, ['GET', 'quiet'], bulk('x'))),
    }),
    'strace -e fdatasync, when the file is known to be the log': () => ({
      log: syncsOnly(10, 2000),
      lsof: LSOF,
    }),
    'strace -t -T: whole seconds order the calls and measure nothing': () => ({
      log: slowQuery(new TraceLog()).text.replaceAll(/(\d\d:\d\d:\d\d)\.\d{6}/g, '$1'),
    }),
    'a log with clocks, but without -T': () => ({
      log: slowQuery(new TraceLog()).text.replaceAll(/ <\d\.\d+>/g, ''),
    }),
    'a log that was copied without times': () => ({
      log: slowQuery(new TraceLog())
        .text.replaceAll(/ \d\d:\d\d:\d\d\.\d{6}/g, '')
        .replaceAll(/ <\d\.\d+>/g, ''),
    }),
  },
  spares: {
    'a few writes a second, one of them behind a hiccup of the disk': () => ({
      log: new TraceLog({ syncUs: 300 })
        .times(10, (log, index) => log.wait(500_000).turn(8, ['SET', `k:${index}`, 'v'], OK))
        .wait(500_000)
        .read(8, '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n')
        .write(7, '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n')
        .call('fdatasync', '7', 0, 365_000)
        .write(8, OK)
        .times(10, (log, index) => log.wait(500_000).turn(8, ['SET', `l:${index}`, 'v'], OK)),
    }),
    'everysec: another thread syncs once a second': () => ({
      log: writer({ appendfsync: 'everysec' }),
      lsof: LSOF,
    }),
    'no: nobody syncs': () => ({ log: writer({ appendfsync: 'no' }), lsof: LSOF }),
    'no append-only file': () => ({ log: writer({ appendfsync: 'off' }) }),
    'reads only': () => ({ log: busyReader() }),
    'always, on a disk so fast that it does not matter': () => ({
      log: fiftyClients({ appendfsync: 'always', syncUs: 25 }),
    }),
    'always, at a low rate on a server that is mostly idle': () => ({
      log: new TraceLog().times(40, (log, index) =>
        log.wait(90_000).turn(8, ['SET', `key:${index}`, 'v'], OK),
      ),
      lsof: LSOF,
    }),
    'a sync once a second by the thread that replies, after the replies': () => ({
      log: new TraceLog({ appendfsync: 'no' }).times(3, (log) =>
        log.times(60, (each, index) => each.turn(8, ['SET', `key:${index}`, 'v'], OK)).sync(),
      ),
      lsof: LSOF,
    }),
    'a cache that fills itself under everysec': () => ({ log: cacheFill() }),
    'a child that rewrites and syncs its own file': () => ({ log: rewriteChild() }),
    'MONITOR, subscribers and a replica': () => ({ log: streams() }),
    'greetings and inline pings': () => ({ log: greetings() }),
    'an HTTP server': () => ({ log: webServer() }),
    'a descriptor that was the log, closed, and is a client now': () => ({
      log: new TraceLog({ appendfsync: 'off' })
        .call('close', '7', 0)
        .call('accept4', '6, 0x7ffc, [128], SOCK_CLOEXEC', 7)
        .times(40, (log, index) => log.turn(7, ['SET', `key:${index}`, 'v'], OK)),
      lsof: LSOF,
    }),
  },
  cannotTell: {
    'no log': () => ({}),
    'a few calls': () => ({ log: new TraceLog().turn(8, ['GET', 'a'], bulk('b')) }),
    'commands and no sync of a process that uses io_uring': () => ({
      log: cacheFill()
        .times(20, (log) => log.call('io_uring_enter', '9, 1, 1, IORING_ENTER_GETEVENTS, NULL, 8', 1))
        .text.replaceAll(/.*fdatasync.*\n/g, '')
        .replaceAll(/.*write\(7, .*\n/g, ''),
    }),
    'two syncs and nothing else': () => ({ log: syncsOnly(2, 2000), lsof: LSOF }),
    'syncs of a file that is not known': () => ({ log: syncsOnly(20, 2000) }),
    'syncs that are seconds apart': () => ({ log: syncsOnly(10, 900_000), lsof: LSOF }),
  },
});

describe('what it says', () => {
  const finding = findingOf(ID, {
    log: slowQuery(new TraceLog({ syncUs: 7600 })),
    lsof: LSOF,
    policy: 'always',
  });

  it('is measured', () => {
    expect(finding).toMatchObject({ severity: 'critical', confidence: 0.99 });
    expect(finding.measures).toMatchObject({
      fsyncs: { value: 25, unit: 'count' },
      fsyncP50: { value: 7.6, unit: 'ms' },
      appendsPerSync: { value: 1 },
    });
    expect(finding.share).toBeGreaterThan(0.7);
  });

  it('shows one turn, the file and the setting', () => {
    expect(finding.evidence.map(({ source, text }) => `${source} ${text}`)).toEqual([
      expect.stringContaining('write(7, SADD good <36 B>) = 67'),
      expect.stringContaining('fdatasync(7) = 0 <0.007600>'),
      expect.stringContaining('write(8, <integer>) = 4'),
      expect.stringContaining('/data/appendonly.aof'),
      expect.stringMatching(/^redis .*always/),
    ]);
  });

  it('costs durability, and says so', () => {
    expect(finding.fix).toMatchObject({ command: 'CONFIG SET appendfsync everysec' });
    expect(finding.fix!.cost).toMatch(/1 s of acknowledged writes/);
  });

  it('is less sure when the setting disagrees', () => {
    const shown = { log: slowQuery(new TraceLog()), lsof: LSOF };
    expect(findingOf(ID, { ...shown, policy: 'everysec' }).confidence).toBeLessThan(0.7);
  });

  it('does not take a database of another protocol for a log of commands', () => {
    expect(verdictFor(ID, { log: otherDatabase() }).kind).not.toBe('finding');
  });

  it('does not count what the tracer adds to each sync', () => {
    const cheap = () => fiftyClients({ appendfsync: 'always', syncUs: 300, callUs: 150 });
    const withFloor = cheap().times(5, (log) =>
      log.call('read', '3, 0x7ffc, 1', '-1 EAGAIN (Resource temporarily unavailable)', 290),
    );
    expect(verdictFor(ID, { log: withFloor, slowdown: 8 }).kind).not.toBe('crashed');
    const share = (slowdown: number) =>
      findingOf(ID, { log: slowQuery(new TraceLog({ callUs: 150 })), slowdown }).share!;
    expect(share(5)).toBeGreaterThan(share(1));
  });
});

describe('a long log', () => {
  it('of a hundred and fifty thousand syncs is judged like a short one', () => {
    const finding = findingOf(ID, { log: syncsOnly(150_000, 2000), lsof: LSOF });
    expect(finding.measures).toMatchObject({ fsyncs: { value: 150_000 } });
  });
});
