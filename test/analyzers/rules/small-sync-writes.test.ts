import { describe, expect, it } from 'vitest';
import { cacheFill, webServer } from '../../support/logs.ts';
import { slowQuery, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'small-sync-writes';
/** A logger, a queue on disk, a database: it writes lines to a file and syncs each. */
const logger = ({ count = 60, bytes = 80, syncUs = 5000, pauseUs = 500 } = {}) =>
  new TraceLog({ pid: 4100, syncUs })
    .line(
      '[pid  4100] 11:59:00.000000 openat(AT_FDCWD, "/var/lib/queue/journal", O_WRONLY|O_APPEND) = 7 <0.000030>',
    )
    .times(count, (log) => log.write(7, 'x'.repeat(bytes)).sync(7).wait(pauseUs));
const target = { target: { pid: 4100, comm: 'queued' } };

judges(ID, {
  fires: {
    'a journal synced line by line': () => ({ log: logger(), ...target }),
    'a sync longer than the work between': () => ({
      log: logger({ syncUs: 20_000, pauseUs: 1000 }),
      ...target,
    }),
    'a process whose writes were not captured': () => ({
      log: new TraceLog({ pid: 4100 }).times(40, (log) => log.sync(7)),
      ...target,
    }),
  },
  spares: {
    'syncs so quick that they do not matter': () => ({
      log: logger({ syncUs: 50, pauseUs: 5000 }),
      ...target,
    }),
    'now and then a commit': () => ({ log: logger({ count: 15, pauseUs: 200_000 }), ...target }),
    'a sync after each large block': () => ({ log: logger({ bytes: 128 * 1024 }), ...target }),
    'a web server that writes no file': () => ({ log: webServer() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'a handful of calls': () => ({ log: new TraceLog().times(4, (log) => log.sync(7)) }),
    'a Redis server that syncs its log': () => ({ log: slowQuery(new TraceLog()) }),
    'a Redis server that does not': () => ({ log: cacheFill() }),
    'a log without -T': () => ({ log: logger().text.replaceAll(/ <\d\.\d+>/g, ''), ...target }),
  },
});

describe('what it says', () => {
  it('names the file, the size of a write and what a sync takes', () => {
    const finding = findingOf(ID, { log: logger(), ...target });
    expect(finding.why).toMatch(
      /^60 syncs of \/var\/lib\/queue\/journal of 5 ms each, for writes of 80 bytes/,
    );
    expect(finding.severity).toBe('critical');
    expect(finding.measures).toMatchObject({ syncs: { value: 60 }, writeP50: { value: 80, unit: 'B' } });
  });

  it('shows none of what was written', () => {
    expect(JSON.stringify(findingOf(ID, { log: logger(), ...target }))).not.toContain('xxxx');
  });
});
