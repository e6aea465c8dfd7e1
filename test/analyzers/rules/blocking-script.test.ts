import { describe, expect, it } from 'vitest';
import { among, names, others, preempted } from '../../support/held-logs.ts';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { int, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'blocking-script';
const script = ['EVAL', 'local n = 0 while n < 1e7 do n = n + 1 end return n', '0'];

judges(ID, {
  fires: {
    'EVAL of 200 ms': () => ({ log: among(script, int(1), 200_000) }),
    'EVALSHA of 15 ms': () => ({ log: among(['EVALSHA', 'ab12', '0'], int(1), 15_000) }),
    'FCALL of 15 ms': () => ({ log: among(['FCALL', 'f', '0'], int(1), 15_000) }),
  },
  spares: {
    'short scripts': () => ({ log: among(script, int(1), 300) }),
    'a machine on which everything is late': () => ({ log: preempted(script, int(1)) }),
    'another slow command': () => ({ log: among(['SORT', 'a'], names(5), 60_000) }),
    'no script': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three commands': () => ({ log: others(new TraceLog(), 3) }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
  },
});

describe('what it says', () => {
  it('does not show the script', () => {
    const { evidence, why } = findingOf(ID, { log: among(script, int(1), 200_000) });
    expect(why).toContain('5 EVAL took 200 ms each');
    expect(JSON.stringify(evidence)).not.toContain('while');
  });
});
