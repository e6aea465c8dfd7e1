import { describe, expect, it } from 'vitest';
import { busyReader, webServer } from '../../support/logs.ts';
import { askedTwice, spike } from '../../support/server-answers.ts';
import { LSOF, request, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'expire-storm';

/** INFO as Redis 7 tells it. */
const expiring = (keys: number, limits: number, ms: number, told: { latency?: string } = {}) =>
  askedTwice(
    { expired_keys: 500, expired_time_cap_reached_count: 7, expire_cycle_cpu_milliseconds: 90 },
    {
      expired_keys: 500 + keys,
      expired_time_cap_reached_count: 7 + limits,
      expire_cycle_cpu_milliseconds: 90 + ms,
    },
    told,
  );

/** Readers, and pauses behind each of which the server appends the deletion of what had expired. */
const paused = ({ pauses = 6, ms = 25, keys = 400, asked = false } = {}) => {
  const del = request('DEL', 'sess:1234567');
  return busyReader().times(pauses, (log, index) => {
    log.call('close', '20', 0).wait(ms * 1000);
    if (keys > 0) log.write(7, del.repeat(keys));
    if (asked) log.read(8, del).write(8, ':1\r\n');
    log.turn(8, ['GET', `item:${index}`], '$-1\r\n');
  });
};

judges(ID, {
  fires: {
    'the limit reached again and again': () => ({ log: busyReader(), ...expiring(160_000, 140, 990) }),
    'the same with pauses in the calls': () => ({ log: paused(), ...expiring(160_000, 40, 500) }),
    'counters alone': () => expiring(160_000, 140, 990),
    'a server that does not tell what the cycle takes': () => ({
      log: paused({ pauses: 20 }),
      ...askedTwice(
        { expired_keys: 5, expired_time_cap_reached_count: 7 },
        { expired_keys: 90_000, expired_time_cap_reached_count: 50 },
      ),
    }),
    'pauses and deletions in the calls alone': () => ({ log: paused(), lsof: LSOF }),
  },
  spares: {
    'few expiries': () => ({ log: busyReader(), ...expiring(2000, 0, 9) }),
    'many that are removed in passing': () => ({ log: busyReader(), ...expiring(90_000, 0, 120) }),
    'a limit that was reached once': () => ({ log: busyReader(), ...expiring(4000, 1, 30) }),
    'pauses without an expiry': () => ({ log: paused({ keys: 0 }), ...expiring(0, 0, 3) }),
    'deletions that a client asked for': () => ({ log: paused({ asked: true }), lsof: LSOF }),
    'deletions without a pause': () => ({ log: paused({ ms: 1 }), lsof: LSOF }),
    'an append-only log without deletions': () => ({
      log: new TraceLog().times(60, (log, index) => log.turn(8, ['SET', `k${index}`, 'v'], '+OK\r\n')),
    }),
  },
  cannotTell: {
    'no log': () => ({}),
    'pauses without a file that shows why': () => ({ log: paused({ keys: 0 }) }),
    'a server that was asked once': () => ({ outputs: expiring(160_000, 140, 990).outputs!.slice(0, 1) }),
    'an HTTP server': () => ({ log: webServer() }),
  },
});

describe('what it says', () => {
  it('measures the cycle by the counters and shows the longest pause', () => {
    const { measures, evidence, severity, why } = findingOf(ID, {
      log: paused(),
      ...expiring(160_000, 40, 500, { latency: spike('expire-cycle', 26) }),
    });
    expect(measures.serverHeld).toEqual({ value: 5, unit: '%' });
    expect(measures.pauses).toEqual({ value: 6, unit: 'count' });
    expect(severity).toBe('warning');
    expect(why).toContain('160000 keys expired, 16000 a second');
    expect(evidence.map(({ text }) => text)).toEqual([
      'expired_keys:160500',
      'expired_time_cap_reached_count:47',
      'expire_cycle_cpu_milliseconds:590',
      expect.stringContaining('expire-cycle '),
      expect.stringContaining('close(20)'),
      expect.stringContaining('write(7, DEL sess'),
    ]);
  });

  it('leaves out a spike from before the window', () => {
    const { evidence } = findingOf(ID, expiring(9000, 40, 500, { latency: spike('expire-cycle', 26, -60) }));
    expect(evidence.map(({ text }) => text).join()).not.toContain('expire-cycle');
  });
});
