import { describe, expect, it, vi } from 'vitest';
import { lastWords } from '../../../src/tracers/bpf/kernel.ts';
import { describeRefusal, type Refusal } from '../../../src/tracers/bpf/refusal.ts';
import { traceWithBpf } from '../../../src/tracers/bpf/trace.ts';

vi.mock('koffi', () => {
  throw new Error('Cannot find the native Koffi module; did you bundle it correctly?\nsecond line');
});

const REFUSALS: readonly Refusal[] = [
  { kind: 'architecture', name: 'riscv64' },
  { kind: 'no-library', detail: 'not found' },
  { kind: 'namespace' },
  { kind: 'foreign-program', pid: 7 },
  { kind: 'privilege' },
  { kind: 'lockdown' },
  { kind: 'kernel', lacks: 'bpf(2)' },
  { kind: 'verifier', said: 'R1 invalid mem access' },
  { kind: 'failed', step: 'make a map', error: 'ENOMEM' },
];

describe('where the tracer cannot run', () => {
  it.each(REFUSALS)('$kind: one line', (refusal) => {
    expect(describeRefusal(refusal)).toMatch(/^[^\n]{20,200}$/);
  });

  it('answers with the reason when koffi does not load, and throws nothing', async () => {
    const capture = await traceWithBpf({
      ...{ pids: [process.pid], durationMs: 1000, signal: new AbortController().signal },
      onAttached: () => expect.unreachable(),
    });
    expect(capture).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^[^\n]+$/) });
  });
});

it('finds what the verifier said in its log', () => {
  const log =
    "0: (79) r1 = *(u64 *)(r1 +0)\nR1 invalid mem access 'scalar'\nprocessed 1 insns (limit 1000000) max_states 0\n\0\0";
  expect(lastWords(log)).toBe("R1 invalid mem access 'scalar'");
  expect(lastWords('\0')).toBeUndefined();
});
