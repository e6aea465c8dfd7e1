import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessClock } from '../../src/kvserver/store/access-clock.ts';
import { DenseIndex } from '../../src/kvserver/store/dense-index.ts';
import { DenseMap } from '../../src/kvserver/store/dense-map.ts';
import { KeyTable } from '../../src/kvserver/store/key-table.ts';
import { SetValue, type Value } from '../../src/kvserver/store/values.ts';

const name = fc.integer({ min: 0, max: 60 }).map((n) => `k${n}`);
const step = fc.record({ add: fc.boolean(), name });

describe('DenseMap', () => {
  it('does what a Map does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const map = new DenseMap<number>();
        const model = new Map<string, number>();
        steps.forEach(({ add, name }, value) => {
          if (add) expect(map.set(name, value)).toBe(!model.has(name));
          else expect(map.delete(name)).toBe(model.has(name));
          if (add) model.set(name, value);
          else model.delete(name);
          expect(map.size).toBe(model.size);
          expect(map.get(name)).toBe(model.get(name));
        });
        expect(new Map(map.entries())).toEqual(model);
        const copy = new DenseMap<number>();
        copy.copyFrom(map);
        map.clear();
        expect(new Map(copy.entries())).toEqual(model);
      }),
    );
  });

  it('does what a Map does while a large table grows little by little', () => {
    const first = 65_500;
    const large = fc.record({
      add: fc.boolean(),
      name: fc.integer({ min: 0, max: first + 200 }),
      again: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(large, { minLength: 50, maxLength: 200 }), fc.nat(5000), (steps, more) => {
        const map = new DenseMap<number>();
        const model = new Map<string, number>();
        const put = (n: number, value: number) => {
          expect(map.set(`key:${n}`, value)).toBe(!model.has(`key:${n}`));
          model.set(`key:${n}`, value);
        };
        const take = (n: number) => expect(map.delete(`key:${n}`)).toBe(model.delete(`key:${n}`));
        for (let n = 0; n < first; n++) {
          map.set(`key:${n}`, n);
          model.set(`key:${n}`, n);
        }
        // Past the growth; what follows meets a table that is partly moved.
        for (let n = 0; n < 100; n++) put(1_000_000 + n, n);
        const copy = new DenseMap<number>();
        copy.copyFrom(map);
        const copied = new Map(model);
        steps.forEach(({ add, name, again }, value) => {
          if (add) put(name, value);
          else take(name);
          // Names that have gone and come back, in other slots.
          if (again % 3 === 0) {
            take(again);
            put(again, value);
          }
          expect(map.get(`key:${name}`)).toBe(model.get(`key:${name}`));
        });
        for (let n = 0; n < more; n++) put(2_000_000 + n, n);
        expect(new Map(map.entries())).toEqual(model);
        for (const [name, value] of model) if (map.get(name) !== value) throw new Error(`${name} is lost`);
        for (const [name, value] of copied) if (copy.get(name) !== value) throw new Error(`${name} is lost`);
        for (const name of model.keys()) if (!map.delete(name)) throw new Error(`${name} cannot be deleted`);
        expect(map.size).toBe(0);
      }),
      { numRuns: 8 },
    );
  });

  it('stays correct while it grows and shrinks by thousands', () => {
    const map = new DenseMap<number>();
    for (let i = 0; i < 20_000; i++) map.set(`key:${i}`, i);
    for (let i = 0; i < 20_000; i += 2) expect(map.delete(`key:${i}`)).toBe(true);
    for (let i = 0; i < 20_000; i++) expect(map.get(`key:${i}`)).toBe(i % 2 ? i : undefined);
    for (let i = 1; i < 20_000; i += 2) map.delete(`key:${i}`);
    expect(map.size).toBe(0);
  });
});

describe('scan', () => {
  it('returns whatever stays from start to end, however the set changes meanwhile', () => {
    const changes = fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 60 }),
        changes,
        fc.integer({ min: 1, max: 7 }),
        (initial, batches, count) => {
          const index = new DenseIndex();
          for (const one of initial) index.add(one);
          const stayed = new Set(index.toArray());
          const seen = new Set<string>();
          let cursor = 0;
          let turn = 0;
          do {
            cursor = index.scan(cursor, count, (_slot, found) => seen.add(found));
            for (const { add, name } of batches[turn] ?? []) {
              if (add) index.add(name);
              else if (index.delete(name)) stayed.delete(name);
            }
            turn++;
          } while (cursor !== 0);
          for (const one of stayed) expect(seen).toContain(one);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('ends, with pages of the size that was asked for', () => {
    const index = new DenseIndex();
    for (let i = 0; i < 95; i++) index.add(`k${i}`);
    const pages: number[] = [];
    let cursor = 0;
    do {
      let found = 0;
      cursor = index.scan(cursor, 10, () => found++);
      pages.push(found);
    } while (cursor !== 0);
    expect(pages).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 5]);
  });

  it('takes any cursor', () => {
    const index = new DenseIndex();
    index.add('a');
    expect(index.scan(1e18, 10, () => {})).toBe(0);
    expect(new DenseIndex().scan(0, 10, () => {})).toBe(0);
  });
});

describe('KeyTable', () => {
  it('knows the bytes and the stamp of every key, however it grows and shrinks', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ what: fc.nat(3), name }), { maxLength: 400 }), (steps) => {
        const clock = new AccessClock();
        const table = new KeyTable(clock);
        const model = new Map<string, { value: Value; stamp: number }>();
        for (const [at, { what, name: key }] of steps.entries()) {
          clock.seconds = at;
          const value = what === 1 ? new SetValue() : 'x'.repeat(at);
          if (what < 2) {
            table.set(key, value);
            model.set(key, { value, stamp: at });
          } else if (what === 2) expect(table.delete(key)).toBe(model.delete(key));
          else if (table.use(key) !== undefined) model.get(key)!.stamp = at;
        }
        const frozen = table.copyStamps();
        for (const [key, { value, stamp }] of model) {
          expect(table.get(key)).toBe(value);
          expect(table.stampAt(table.slotOf(key))).toBe(stamp);
          expect(frozen(table.slotOf(key))).toBe(stamp);
        }
        const alike = new KeyTable(clock);
        for (const [key, { value }] of model)
          alike.set(key, typeof value === 'string' ? value : new SetValue());
        expect(table.bytes).toBe(alike.bytes);
      }),
    );
  });
});
