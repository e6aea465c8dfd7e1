import { describe, expect } from 'vitest';
import { itNeeds } from '../../support/requirements.ts';
import { type Form, roundTrip, type Side } from './round-trip.ts';

const KEYS = 2000;

describe('files go both ways', () => {
  const trips: readonly [Form, Side, Side][] = [
    ['rdb', 'ours', 'redis'],
    ['rdb', 'redis', 'ours'],
    ['aof', 'ours', 'redis'],
    ['aof', 'redis', 'ours'],
    ['aof-commands', 'ours', 'redis'],
    ['aof-commands', 'redis', 'ours'],
  ];
  for (const [form, from, to] of trips) {
    const needs = ['redis-server', 'redis-check-rdb', 'redis-check-aof'];
    itNeeds(
      needs,
      `${form} from ${from} to ${to}: every key is the same, and the checker accepts it`,
      async () => {
        const result = await roundTrip({ form, from, to, keys: KEYS, seed: 5 });
        expect(result.complaint).toBeUndefined();
        expect(result.different).toEqual([]);
        expect(result.keysWritten).toBe(KEYS);
      },
    );
  }
});
