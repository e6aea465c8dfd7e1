import { describe, expect, it } from 'vitest';
import { busyReader, webServer } from '../../support/logs.ts';
import { askedTwice, spike } from '../../support/server-answers.ts';
import { findingOf, judges } from './table.ts';

const ID = 'eviction';

interface Cache {
  readonly evicted?: number;
  readonly hits?: number;
  readonly misses?: number;
  readonly overMs?: number;
  readonly oom?: number;
  readonly latency?: string;
}

const cache = ({ evicted = 0, hits = 10_000, misses = 100, overMs = 0, oom = 0, latency = '' }: Cache) => {
  const limits = { used_memory: 31_400_000, maxmemory: 31_457_280, maxmemory_policy: 'allkeys-lru' };
  return askedTwice(
    { ...limits, evicted_keys: 7, keyspace_hits: 5, keyspace_misses: 5, total_eviction_exceeded_time: 1 },
    {
      ...limits,
      evicted_keys: 7 + evicted,
      keyspace_hits: 5 + hits,
      keyspace_misses: 5 + misses,
      total_eviction_exceeded_time: 1 + overMs,
      ...(oom > 0 ? { errorstat_OOM: `count=${oom}` } : {}),
    },
    { latency },
  );
};

judges(ID, {
  fires: {
    'a cache that misses what it threw out': () => cache({ evicted: 20_000, misses: 30_000 }),
    'more data than there is room for, all the time': () => cache({ evicted: 20_000, overMs: 4000 }),
    'a cycle that held the server': () => cache({ evicted: 20_000, latency: spike('eviction-cycle', 130) }),
    'writes that are refused': () => cache({ oom: 40 }),
  },
  spares: {
    'a server that evicts nothing': () => ({ log: busyReader(), ...cache({}) }),
    'a healthy cache that evicts a little': () => cache({ evicted: 1000, misses: 400 }),
    'a cache that is written more than it holds, and seldom misses': () =>
      cache({ evicted: 20_000, misses: 900 }),
    'misses of keys that never were': () => cache({ evicted: 600, misses: 90_000 }),
    'a few evictions among many misses': () => cache({ evicted: 300, misses: 90_000 }),
    'a spike from before the window': () =>
      cache({ evicted: 20_000, latency: spike('eviction-cycle', 130, -99) }),
  },
  cannotTell: {
    'no log': () => ({}),
    'a log without the counters': () => ({ log: busyReader() }),
    'a server that was asked once': () => ({ outputs: cache({ evicted: 9 }).outputs!.slice(0, 1) }),
    'counters that were reset': () => askedTwice({ evicted_keys: 900 }, { evicted_keys: 3 }),
    'an HTTP server': () => ({ log: webServer() }),
  },
});

describe('what it says', () => {
  it('names the rate, the misses and the memory', () => {
    const { why, measures, fix } = findingOf(ID, cache({ evicted: 20_000, misses: 30_000 }));
    expect(why).toContain('20000 keys were evicted, 2000 a second; 75 % of the lookups found nothing');
    expect(why).toContain('29.9 of 30 MiB are used');
    expect(measures.evictedPerSec).toEqual({ value: 2000, unit: '1/s' });
    expect(fix?.command).toBe('CONFIG SET maxmemory 62914560');
  });

  it('of refused writes, that they fail', () => {
    const { severity, evidence } = findingOf(ID, cache({ oom: 40, evicted: 3 }));
    expect(severity).toBe('critical');
    expect(evidence[0]!.text).toBe('errorstat_OOM:count=40');
  });

  it('why it was not checked: the server wants a password', () => {
    expect(() => findingOf(ID, { configMissing: 'it wants a password' })).toThrow('it wants a password');
  });
});
