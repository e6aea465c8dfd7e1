import { expect, it } from 'vitest';
import { MAX_PID, SLOT, STATE } from '../../../src/tracers/bpf/layout.ts';
import { StateMemory } from '../../../src/tracers/bpf/state-memory.ts';

it('marks the watched processes, each by its id, and no other', () => {
  const memory = new ArrayBuffer(STATE.bytes);
  new StateMemory(memory).prepare(new Uint8Array(4).fill(9), [1, 4242, MAX_PID - 1]);
  const groups = new Uint8Array(memory, STATE.groups, MAX_PID);
  expect([...groups.entries()].flatMap(([id, mark]) => (mark === 0 ? [] : [id]))).toEqual([
    1,
    4242,
    MAX_PID - 1,
  ]);
  expect(new DataView(memory).getBigUint64(STATE.groupCount, true)).toBe(3n);
  expect([...new Uint8Array(memory, STATE.captures, 5)]).toEqual([9, 9, 9, 9, 0]);
});

it('has room for every part, none on another', () => {
  expect(STATE.captures % SLOT.bytes).toBe(0);
  expect(STATE.collisions).toBeGreaterThanOrEqual(STATE.captures + 512);
  expect(STATE.groupCount).toBe(STATE.collisions + 8);
  expect(STATE.groups).toBeGreaterThanOrEqual(STATE.groupCount + 8);
  expect(STATE.bytes).toBe(STATE.groups + MAX_PID);
});

it('tells the calls that are under way from their slots', () => {
  const memory = new ArrayBuffer(STATE.bytes);
  const view = new DataView(memory);
  const at = STATE.slots + 7 * SLOT.bytes;
  view.setBigUint64(at + SLOT.startNs, 5n, true);
  view.setUint32(at + SLOT.tid, 65_543, true);
  view.setUint32(at + SLOT.pid, 65_540, true);
  view.setUint16(at + SLOT.number, 75, true);
  view.setInt32(at + SLOT.firstArgument, 12, true);
  expect(new StateMemory(memory).openCalls()).toEqual([
    { startNs: 5, tid: 65_543, pid: 65_540, number: 75, firstArgument: 12 },
  ]);
});
