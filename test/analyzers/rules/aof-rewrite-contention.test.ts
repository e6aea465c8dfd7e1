import { describe, expect, it } from 'vitest';
import { jobLog } from '../../support/job-logs.ts';
import { busyReader, webServer } from '../../support/logs.ts';
import { LSOF, reportOf, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges } from './table.ts';

const ID = 'aof-rewrite-contention';
const CONTENDED = { duringUs: 25_000, otherwiseUs: 5000 };
const THREADS = [
  [9085, 9085],
  [9087, 9085],
] as const;

/** Appends under everysec that a sync in the background holds while a rewrite runs. */
const heldAppends = () => {
  const log = jobLog({ duringUs: 0, otherwiseUs: 0, policy: 'everysec', appendUs: 60_000 });
  return { log, lsof: LSOF, threads: THREADS };
};

judges(ID, {
  fires: {
    'syncs that take five times as long': () => ({ log: jobLog(CONTENDED) }),
    'a few syncs that take a multiple': () => ({
      log: jobLog({ duringUs: 40_000, otherwiseUs: 8000, writes: 10 }),
    }),
    'a few syncs, some of which are long pauses': () => ({
      log: jobLog({ duringUs: 120_000, otherwiseUs: 8000, writes: 12, longEach: 3 }),
    }),
    'a rewrite that had begun before': () => ({ log: jobLog({ ...CONTENDED, early: true }) }),
    'threads that write, not a child': () => ({ log: jobLog({ ...CONTENDED, threads: true }) }),
    'appends that are held': heldAppends,
  },
  spares: {
    'a rewrite on a fast disk': () => ({ log: jobLog({ duringUs: 500, otherwiseUs: 400 }) }),
    'a rewrite that nobody feels': () => ({ log: jobLog({ duringUs: 5200, otherwiseUs: 5000 }) }),
    'a few syncs that are somewhat slower': () => ({
      log: jobLog({ duringUs: 16_000, otherwiseUs: 8000, writes: 10 }),
    }),
    'one long sync among a few': () => ({
      log: jobLog({ duringUs: 400_000, otherwiseUs: 8000, writes: 10, longEach: 10 }),
    }),
    'slow syncs without a rewrite': () => ({
      log: new TraceLog({ syncUs: 25_000 }).times(60, (log) => log.turn(8, ['SADD', 's', 'm'], ':1\r\n')),
    }),
    'a snapshot': () => ({ log: jobLog({ ...CONTENDED, kind: 'snapshot' }) }),
    'a rewrite under everysec': () => ({
      ...{ log: jobLog({ duringUs: 0, otherwiseUs: 0, policy: 'everysec' }), lsof: LSOF },
    }),
    'a busy reader': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
    'a rewrite with few syncs beside it': () => ({
      log: new TraceLog().times(3, (log) => log.turn(8, ['SADD', 's', 'm'], ':1\r\n')),
    }),
    'a short log of an HTTP server': () => ({ log: webServer().text.split('\n').slice(0, 9).join('\n') }),
  },
});

describe('what it says', () => {
  it('compares the syncs, and shows the fork, the file and a sync of each kind', () => {
    const { measures, evidence, severity, why, share } = findingOf(ID, { log: jobLog(CONTENDED) });
    expect(measures.syncDuring).toEqual({ value: 25, unit: 'ms' });
    expect(measures.syncOtherwise).toEqual({ value: 5, unit: 'ms' });
    expect(why).toContain('1 rewrite; 40 syncs took 25 ms meanwhile (mean), 80 others 5 ms');
    expect(evidence.map(({ text }) => /clone|openat|fdatasync/.exec(text)?.[0])).toEqual([
      'clone',
      'openat',
      'fdatasync',
      'fdatasync',
    ]);
    expect(severity).toBe('critical');
    expect(share).toBeGreaterThan(0.4);
  });

  it('explains appends that are held, so that they are no cause of their own', () => {
    const { log, ...rest } = heldAppends();
    const sync = '[pid  9087] 12:00:00.000000 fdatasync(7) = 0 <9.000000>';
    const { findings, ruledOut } = reportOf(`${sync}\n${log.text}`, rest);
    expect(findings.map(({ id }) => id)).toContain(ID);
    expect(findings.map(({ id }) => id)).not.toContain('fsync-backlog');
    expect(ruledOut.find(({ id }) => id === 'fsync-backlog')?.explainedBy).toBe(ID);
  });
});
