import { describe, expect, it } from 'vitest';
import { type Architecture, architectureOf } from '../../../src/tracers/bpf/architecture.ts';
import { laneShape } from '../../../src/tracers/bpf/layout.ts';
import type { ProgramOptions } from '../../../src/tracers/bpf/program-parts.ts';
import { enterProgram, exitProgram } from '../../../src/tracers/bpf/programs.ts';
import { CAPTURE, captureTable, watchedCalls } from '../../../src/tracers/log/calls.ts';

const ARCHITECTURES = ['x64', 'arm64'].map((name) => architectureOf(name)!);
const MAPS = { state: 3, lanes: 5 };

function options(architecture: Architecture, more: Partial<ProgramOptions> = {}): ProgramOptions {
  return { architecture, maps: MAPS, lanes: laneShape(4), payloadBytes: 1024, followForks: true, ...more };
}

const instructions = (code: Buffer) =>
  Array.from({ length: code.length / 8 }, (_, at) => ({
    opcode: code[at * 8]!,
    offset: code.readInt16LE(at * 8 + 2),
    immediate: code.readInt32LE(at * 8 + 4),
  }));

describe.each(ARCHITECTURES)('programs on $name', (architecture) => {
  it.each([
    ['enter', enterProgram(options(architecture))],
    ['exit', exitProgram(options(architecture))],
    ['exit without payload', exitProgram(options(architecture, { payloadBytes: 0, followForks: false }))],
  ])('%s: short, with jumps that stay inside, ends with exit', (_name, code) => {
    const list = instructions(code);
    // The kernel takes 4096 of a user without CAP_BPF; there is no reason to come near.
    expect(list.length).toBeLessThan(512);
    expect(list.at(-1)!.opcode).toBe(0x95);
    for (const [at, { opcode, offset }] of list.entries()) {
      const jumps = (opcode & 7) === 5 && opcode !== 0x85 && opcode !== 0x95;
      if (!jumps) continue;
      // Forwards only: every path ends.
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(at + 1 + offset).toBeLessThan(list.length);
    }
  });

  it('reads the first argument where this machine keeps it', () => {
    const list = instructions(enterProgram(options(architecture)));
    expect(list).toContainEqual({ opcode: 0x07, offset: 0, immediate: architecture.firstArgument });
  });

  it('has every call once, by number and by name', () => {
    const calls = watchedCalls(architecture.name);
    expect(new Set(calls.map(({ number }) => number)).size).toBe(calls.length);
    expect(new Set(calls.map(({ name }) => name)).size).toBe(calls.length);
    const table = captureTable(calls);
    expect([...table].filter((byte) => byte > 0)).toHaveLength(calls.length);
    for (const { number, capture } of calls) expect(table[number]).toBe(CAPTURE[capture]);
  });
});

it('knows the numbers that the two machines do not share', () => {
  const numbers = (name: string) =>
    Object.fromEntries(watchedCalls(name as 'x64' | 'arm64').map((call) => [call.name, call.number]));
  expect(numbers('x64')).toMatchObject({ read: 0, write: 1, fdatasync: 75, openat: 257, epoll_wait: 232 });
  expect(numbers('arm64')).toMatchObject({ read: 63, write: 64, fdatasync: 83, openat: 56, epoll_pwait: 22 });
  expect(numbers('arm64')).not.toHaveProperty('epoll_wait');
});

it('knows no other machine', () => {
  expect(architectureOf('riscv64')).toBeUndefined();
});
