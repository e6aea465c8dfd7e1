import { describe, expect, it } from 'vitest';
import { busyReader, webServer } from '../../support/logs.ts';
import { TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'fork-stall';
const CHILD = 'child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f12';
const forks = (us: number, count = 1) =>
  busyReader().times(count, (log, index) => log.wait(200_000).call('clone', CHILD, 20_000 + index, us));

judges(ID, {
  fires: {
    'a fork of 80 ms': () => ({ log: forks(80_000) }),
    'a fork of 15 ms': () => ({ log: forks(15_000) }),
    fork: () => ({ log: busyReader().call('fork', '', 20_001, 30_000) }),
  },
  spares: {
    'quick forks': () => ({ log: forks(900, 5) }),
    'no fork': () => ({ log: busyReader() }),
    'a process of another kind that does not fork': () => ({ log: webServer() }),
    'a new thread': () => ({
      log: busyReader().call(
        'clone',
        'child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD|CLONE_SIGHAND',
        20_001,
        30_000,
      ),
    }),
    'a fork that failed': () => ({
      log: busyReader().call('fork', '', '-1 ENOMEM (Cannot allocate memory)', 30_000),
    }),
    'the fork of another process': () => ({
      log: busyReader().call('clone', CHILD, 20_001, 80_000, 4242),
      threads: [[9085, 9085] as const, [4242, 4242] as const],
    }),
  },
  cannotTell: { 'no log': () => ({}), 'three calls': () => ({ log: new TraceLog().read(8, 'x') }) },
});

describe('what it says', () => {
  it('is a warning from 50 ms on, and a remark below', () => {
    expect(findingOf(ID, { log: forks(80_000) }).severity).toBe('warning');
    expect(findingOf(ID, { log: forks(12_000).wait(900_000).call('close', '99', 0) }).severity).toBe('info');
  });
});
