import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../src/tracers/bpf/lanes.ts';
import { LANE, type LaneShape, laneShape } from '../../../src/tracers/bpf/layout.ts';
import { framed } from '../log/memory.ts';

const SIZE = 64;
const STRIDE = LANE.data + SIZE + LANE.slack;

/** Lanes of 64 bytes whose kernel is the test. */
function fakeLanes(cpus = 1) {
  const shape: LaneShape = { cpus, size: SIZE, stride: STRIDE, bytes: cpus * STRIDE };
  const memory = new ArrayBuffer(shape.bytes);
  const number = (cpu: number, at: number) => new BigUint64Array(memory, cpu * STRIDE + at, 1);
  const write = (text: string, cpu = 0) => {
    const frame = framed(Buffer.from(text));
    const head = number(cpu, LANE.head);
    Buffer.from(memory).set(frame, cpu * STRIDE + LANE.data + (Number(head[0]) % SIZE));
    head[0]! += BigInt(frame.length);
  };
  return { lanes: new Lanes(memory, shape), write, number };
}

function texts(target: Buffer, bytes: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes; ) {
    const length = target.readUInt32LE(at);
    found.push(target.toString('latin1', at + 8, at + 8 + length));
    at += (length + 15) & ~7;
  }
  return found;
}

describe('Lanes', () => {
  it('hand on whole records and move the position', () => {
    const { lanes, write, number } = fakeLanes();
    write('first');
    write('second, longer');
    lanes.settle();
    const target = Buffer.alloc(256);
    expect(lanes.read(target, 0)).toEqual({ bytes: 40, records: 2 });
    expect(texts(target, 40)).toEqual(['first', 'second, longer']);
    expect(number(0, LANE.tail)[0]).toBe(40n);
    expect(lanes.read(target, 40)).toEqual({ bytes: 0, records: 0 });
  });

  it('leave what was written since it was settled', () => {
    const { lanes, write } = fakeLanes();
    const target = Buffer.alloc(256);
    write('done');
    lanes.settle();
    write('later');
    expect(lanes.read(target, 0)).toEqual({ bytes: 16, records: 1 });
    expect(lanes.read(target, 16).records).toBe(0);
    lanes.settle();
    expect(lanes.read(target, 16)).toEqual({ bytes: 16, records: 1 });
    expect(texts(target, 32)).toEqual(['done', 'later']);
  });

  it('read a record that reaches beyond the end, and go on where it ended', () => {
    const { lanes, write } = fakeLanes();
    const target = Buffer.alloc(256);
    write('a'.repeat(40));
    lanes.settle();
    lanes.read(target, 0);
    write('b'.repeat(20));
    write('c');
    lanes.settle();
    expect(lanes.read(target, 0)).toEqual({ bytes: 32, records: 1 });
    expect(lanes.read(target, 32)).toEqual({ bytes: 16, records: 1 });
    expect(texts(target, 48)).toEqual(['b'.repeat(20), 'c']);
  });

  it('leave behind what does not fit', () => {
    const { lanes, write } = fakeLanes();
    write('one');
    write('two');
    lanes.settle();
    expect(lanes.read(Buffer.alloc(24), 0)).toEqual({ bytes: 16, records: 1 });
    expect(lanes.read(Buffer.alloc(24), 16)).toEqual({ bytes: 0, records: 0 });
    expect(lanes.read(Buffer.alloc(24), 8)).toEqual({ bytes: 16, records: 1 });
  });

  it('read those of every CPU, and add up what each lost', () => {
    const { lanes, write, number } = fakeLanes(3);
    write('of 2', 2);
    write('of 0', 0);
    number(0, LANE.lost)[0] = 3n;
    number(1, LANE.lost)[0] = 4n;
    lanes.settle();
    const target = Buffer.alloc(256);
    expect(lanes.read(target, 0).records).toBe(1);
    expect(lanes.read(target, 16).records).toBe(1);
    expect(texts(target, 32)).toEqual(['of 0', 'of 2']);
    expect(lanes.lost).toBe(7);
  });
});

it.each([
  [1, 8],
  [4, 8],
  [5, 4],
  [16, 2],
  [256, 1],
])('%i CPUs have lanes of %i MB', (cpus, megabytes) => {
  const { size, stride, bytes } = laneShape(cpus);
  expect(size).toBe(megabytes * 2 ** 20);
  expect(bytes).toBe(cpus * stride);
  // The verifier takes no larger offset (BPF_MAX_VAR_OFF).
  expect(bytes).toBeLessThan(2 ** 29);
});
