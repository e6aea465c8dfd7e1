import { expect, it } from 'vitest';
import { RecordStore } from '../../../src/tracers/log/record-store.ts';
import { recordBytes, sourceOf } from './memory.ts';

const record = (payload: string) => recordBytes({ startNs: 1, endNs: 2, number: 0, result: 1, payload });

it('keeps records over several pieces of memory, whole and in order', () => {
  const store = new RecordStore(64 << 20, 1_000_000);
  const payloads = Array.from({ length: 9000 }, (_, at) => `${at}:${'x'.repeat(at % 1000)}`);
  store.takeFrom(sourceOf(payloads.map(record)));
  const seen: string[] = [];
  for (const slab of store.slabs) {
    store.forEachIn(slab, (at) => {
      const length = slab.words[at + 7]!;
      seen.push(Buffer.from(slab.bytes.buffer, at * 4 + 72, length).toString('latin1'));
    });
  }
  expect(store.slabs.length).toBeGreaterThan(1);
  expect(store.records).toBe(9000);
  expect(seen).toEqual(payloads);
});

it('is full after so many records, or so many bytes', () => {
  const few = new RecordStore(64 << 20, 10);
  expect(few.isFull).toBe(false);
  few.takeFrom(sourceOf(Array.from({ length: 20 }, () => record('x'))));
  expect(few.isFull).toBe(true);
  const small = new RecordStore(4 << 20, 1_000_000);
  small.takeFrom(sourceOf(Array.from({ length: 9000 }, () => record('x'.repeat(1000)))));
  expect(small.isFull).toBe(true);
  expect(small.records).toBeLessThan(9000);
});
