import { describe, expect, it } from 'vitest';
import { readings } from '../../support/readings.ts';
import { request, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, type Shown, verdictFor } from './table.ts';

const ID = 'delayed-ack';
const LSOF = [
  'COMMAND    PID  USER   FD      TYPE DEVICE SIZE/OFF     NODE NAME',
  'redis-ser  9085 redis  8u      sock    0,9      0t0 15448709 protocol: TCP',
].join('\n');
const SET = request('SET', 'name', 'value');

const netstat = (delayed: number) => ({
  '/proc/9085/net/netstat': `TcpExt: DelayedACKs ListenDrops\nTcpExt: ${delayed} 0`,
});
const counted = (delayed: number) => readings(netstat(100), netstat(100 + delayed));

/** A client that sends each request in two pieces, with so much time between them. */
function pieces(us: number, { times = 40, delayed = 40 } = {}): Shown {
  const log = new TraceLog().times(times, (each) =>
    each.read(8, SET.slice(0, 20)).wait(us).read(8, SET.slice(20)).write(8, '+OK\r\n').wait(200),
  );
  return { log, lsof: LSOF, ...counted(delayed) };
}
/** A client that sends requests whole, and thinks between them. */
function whole(thinkUs: number): Shown {
  const log = new TraceLog().times(40, (each) => each.wait(thinkUs).read(8, SET).write(8, '+OK\r\n'));
  return { log, lsof: LSOF, ...counted(40) };
}

judges(ID, {
  fires: {
    'requests in two pieces, 42 ms apart': () => pieces(42_000),
    'answers in two pieces, and the next request 42 ms later': () => ({
      log: new TraceLog().times(40, (each) =>
        each.read(8, SET).write(8, '+O').write(8, 'K\r\n').wait(42_000),
      ),
      lsof: LSOF,
      ...counted(40),
    }),
  },
  spares: {
    'requests in two pieces, at once': () => pieces(100),
    'pieces that come at another time': () => pieces(90_000),
    'a client that thinks for 42 ms between whole requests': () => whole(42_000),
    'a stream of 25 messages a second that nobody answers, beside answers': () => ({
      ...whole(200),
      log: new TraceLog()
        .times(40, (each) => each.read(8, SET).write(8, '+OK\r\n'))
        .times(40, (each) => each.wait(40_000).read(9, SET.slice(0, 10))),
    }),
  },
  cannotTell: {
    'no log': () => ({}),
    'three answers': () => pieces(42_000, { times: 3 }),
    'nobody was answered': () => ({ log: new TraceLog().read(8, SET), lsof: LSOF }),
    'acknowledgements were not counted': () => ({ ...pieces(42_000), outputs: [] }),
    'none were delayed on this machine': () => pieces(42_000, { delayed: 0 }),
  },
});

describe('what it says', () => {
  it('names who writes in pieces, the pauses and their part of the time', () => {
    const { why, share, evidence } = findingOf(ID, pieces(42_000));
    expect(why).toContain('On 1 connection the client sends a message in several small writes');
    expect(share).toBeGreaterThan(0.9);
    expect(evidence.map(({ text }) => text).join()).toContain('TcpExt DelayedACKs 140');
  });

  it('rules it out with its number', () => {
    expect(verdictFor(ID, whole(42_000))).toMatchObject({
      because: '0 of 40 answers stood behind a pause of 40 ms between pieces of a message',
    });
  });
});
