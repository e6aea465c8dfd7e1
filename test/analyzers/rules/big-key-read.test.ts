import { describe, expect, it } from 'vitest';
import { among, names, others, preempted } from '../../support/held-logs.ts';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { bulk, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'big-key-read';
const large = bulk('x'.repeat(3 * 1024 * 1024));

judges(ID, {
  fires: {
    'a set of 20000 members': () => ({ log: among(['SMEMBERS', 'followers:7'], names(20_000), 8000) }),
    'a hash read whole': () => ({ log: among(['HGETALL', 'cart'], names(6000), 5000) }),
    'a string of 3 MiB': () => ({ log: among(['GET', 'page'], large, 4000) }),
  },
  spares: {
    'small sets': () => ({ log: among(['SMEMBERS', 's'], names(50), 8000) }),
    'a large reply that took little': () => ({ log: among(['SMEMBERS', 's'], names(6000), 900) }),
    'a machine on which everything is late': () => ({ log: preempted(['SMEMBERS', 's'], names(6000)) }),
    'KEYS, which has a cause of its own': () => ({ log: among(['KEYS', '*'], names(9000), 30_000) }),
    'a busy reader': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three commands': () => ({ log: others(new TraceLog(), 3) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('tells the size of the largest reply', () => {
    expect(findingOf(ID, { log: among(['SMEMBERS', 's'], names(20_000), 8000) }).why).toContain(
      'The largest reply had 20000 elements.',
    );
    expect(findingOf(ID, { log: among(['GET', 'page'], large, 4000) }).why).toContain(
      'The largest reply had 3 MiB.',
    );
  });
});
