import { describe, expect, it } from 'vitest';
import { among, names, others, preempted } from '../../support/held-logs.ts';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { int, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'big-key-delete';

judges(ID, {
  fires: {
    'DEL of 60 ms': () => ({ log: among(['DEL', 'followers:7'], int(1), 60_000) }),
    'DEL under appendfsync always': () => ({
      log: among(['DEL', 'followers:7'], int(1), 60_000, 5, { appendfsync: 'always' }),
    }),
  },
  spares: {
    'DEL of small keys': () => ({ log: among(['DEL', 'a'], int(1), 50) }),
    UNLINK: () => ({ log: among(['UNLINK', 'followers:7'], int(1), 50) }),
    'a machine on which everything is late': () => ({ log: preempted(['DEL', 'a'], int(1)) }),
    'a slow sync behind DEL': () => ({
      log: new TraceLog({ syncUs: 40_000 }).times(40, (log) => log.turn(8, ['DEL', 'a'], int(1))),
    }),
    'another slow command': () => ({ log: among(['SORT', 'a'], names(5), 60_000) }),
    'no DEL': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three commands': () => ({ log: others(new TraceLog(), 3) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('names the setting that frees in the background', () => {
    expect(findingOf(ID, { log: among(['DEL', 'a'], int(1), 60_000) }).fix!.command).toBe(
      'CONFIG SET lazyfree-lazy-user-del yes',
    );
  });
});
