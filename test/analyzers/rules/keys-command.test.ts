import { describe, expect, it } from 'vitest';
import { among, names, others, preempted } from '../../support/held-logs.ts';
import { busyReader, otherDatabase, webServer } from '../../support/logs.ts';
import { TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'keys-command';
const keys = ['KEYS', 'user:*'];

judges(ID, {
  fires: {
    'KEYS of 30 ms': () => ({ log: among(keys, names(50), 30_000) }),
    'one KEYS of 80 ms': () => ({ log: among(keys, names(50), 80_000, 1).times(10, () => undefined) }),
    'KEYS of 4 ms, often': () => ({ log: among(keys, names(5), 4000, 20) }),
  },
  spares: {
    'KEYS on a small key space': () => ({ log: among(keys, names(5), 200) }),
    'one KEYS that was a little late': () => ({ log: among(keys, names(5), 4000, 2) }),
    'a machine on which everything is late': () => ({ log: preempted(keys, names(5)) }),
    'no KEYS at all': () => ({ log: busyReader() }),
    'another slow command': () => ({ log: among(['SMEMBERS', 's'], names(5), 30_000) }),
  },
  cannotTell: {
    'no log': () => ({}),
    'an empty log': () => ({ log: new TraceLog() }),
    'an HTTP server': () => ({ log: webServer() }),
    'a database of another protocol': () => ({ log: otherDatabase() }),
    'a log without times': () => ({
      log: among(keys, names(50), 30_000).text.replace(/ \d\d:\d\d:\d\d\.\d+ | <\d\.\d+>/g, ' '),
    }),
  },
});

describe('what it says', () => {
  it('tells how long it took, which part of the window, and who waited', () => {
    const finding = findingOf(ID, { log: among(keys, names(50), 30_000) });
    expect(finding.why).toMatch(
      /^5 KEYS took 30 ms each .*up to 3 connections had work waiting afterwards\.$/,
    );
    expect(finding.measures.max).toEqual({ value: 30.03, unit: 'ms' });
    expect(finding.measures.waitingConnections).toEqual({ value: 3, unit: 'count' });
    expect(finding.share).toBeGreaterThan(0.9);
  });

  it('is critical when the server does little else, and a remark when nobody notices', () => {
    expect(findingOf(ID, { log: among(keys, names(50), 30_000) }).severity).toBe('critical');
    const quiet = among(keys, names(5), 4000, 3).wait(900_000).call('close', '99', 0);
    expect(findingOf(ID, { log: quiet }).severity).toBe('info');
  });

  it('counts a command of three seconds as work in a live log, and as missing lines in one made by hand', () => {
    const log = others(among(keys, names(5), 3_000_000, 1));
    expect(findingOf(ID, { log, threads: [[9085, 9085]] }).measures.max).toEqual({
      value: 3000.03,
      unit: 'ms',
    });
    expect(verdictFor(ID, { log })).toMatchObject({ kind: 'insufficient' });
  });

  it('shows the command without its pattern', () => {
    const { evidence } = findingOf(ID, { log: among(['KEYS', 'secret-pattern'], names(5), 30_000) });
    expect(evidence[0]!.text).toContain('KEYS');
    expect(evidence[0]!.text).not.toContain('secret-pattern');
  });
});
