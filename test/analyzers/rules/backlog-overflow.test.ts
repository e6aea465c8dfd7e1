import { describe, expect, it } from 'vitest';
import { reading } from '../../support/readings.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'backlog-overflow';

interface Moment {
  /** Of the whole network namespace. */
  readonly overflows?: number;
  readonly queue?: number;
  readonly limit?: number;
  /** Of the listening socket; absent where ss says nothing of it. */
  readonly drops?: number | undefined;
}
const counters = (name: string, uptime: number, overflows: number) =>
  reading(name, uptime, {
    '/proc/9085/net/netstat': `TcpExt: ListenOverflows ListenDrops\nTcpExt: ${overflows} ${overflows}`,
  });
const listener = (moment: string, { queue = 0, limit = 511, drops = 0 }: Moment, noFigures = false) => ({
  ...{ source: `ss ${moment}`, probe: 'ss' },
  text: `State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\nLISTEN ${queue}      ${limit}          0.0.0.0:6379       0.0.0.0:*\n${noFigures ? '' : `\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d${drops}) cubic cwnd:10\n`}`,
});
const watched = (before: Moment, after: Moment, noFigures = false) => ({
  outputs: [
    counters('proc before', 100, before.overflows ?? 0),
    listener('before', before, noFigures),
    counters('proc after', 110, after.overflows ?? 0),
    listener('after', after, noFigures),
  ],
});

judges(ID, {
  fires: {
    'a short queue that is full': () =>
      watched({ limit: 1 }, { overflows: 40, queue: 2, limit: 1, drops: 40 }),
    'a queue that was full in between': () => watched({}, { overflows: 5, drops: 5 }),
    'two listeners of one namespace, one of them full': () =>
      watched({ overflows: 3, drops: 2 }, { overflows: 30, drops: 20 }),
  },
  spares: {
    'an empty queue': () => watched({}, {}),
    'a queue that fills and holds': () => watched({}, { queue: 300 }),
    'overflows before it was watched': () =>
      watched({ overflows: 900, drops: 900 }, { overflows: 900, drops: 900 }),
    'overflows of another process': () => watched({}, { overflows: 400, drops: 0 }),
    'one connection in ten seconds': () => watched({}, { overflows: 1, drops: 1 }),
  },
  cannotTell: {
    'no reading': () => ({}),
    'one reading': () => ({ outputs: [counters('proc before', 100, 9)] }),
    'overflows, and ss is missing': () => ({
      outputs: [counters('proc before', 100, 0), counters('proc after', 110, 9)],
      missing: { ss: 'ss is not installed' },
    }),
    'overflows, and ss tells no drops': () => watched({}, { overflows: 40, queue: 512 }, true),
    'it does not listen, others overflow': () => ({
      outputs: [counters('proc before', 100, 0), counters('proc after', 110, 9)],
    }),
  },
});

describe('what it says', () => {
  it('names the port, the limit and the rate', () => {
    const { why, measures, severity } = findingOf(
      ID,
      watched({ limit: 1 }, { overflows: 400, queue: 2, limit: 1, drops: 400 }),
    );
    expect(severity).toBe('critical');
    expect(why).toContain('400 connections to 0.0.0.0:6379 found no place in its queue of 1');
    expect(measures).toMatchObject({ turnedAwayPerSec: { value: 40 }, queueLimit: { value: 1 } });
  });

  it('rules it out with the fullest queue', () => {
    expect(verdictFor(ID, watched({}, { queue: 3 }))).toMatchObject({
      because: '0 connections turned away in 10.0 s; the fullest listen queue held 3 of 511',
    });
  });
});
