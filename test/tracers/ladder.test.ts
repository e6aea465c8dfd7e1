import { describe, expect, it } from 'vitest';
import { AUTO, TRACERS, type TracerName, traceCalls, whyTracer } from '../../src/tracers/ladder.ts';
import type { WatchedCalls } from '../../src/tracers/window.ts';

const WINDOW = { pids: [1], durationMs: 1, signal: new AbortController().signal };
const GOOD: WatchedCalls = {
  ...{ status: 'captured', text: '', threads: [], tracedMs: 1, lost: 0, full: false, stuck: [] },
};

/** Tracers of which only some work; the rest say so. */
function ladder(works: readonly TracerName[], signal = WINDOW.signal) {
  const tried: TracerName[] = [];
  const fallbacks: string[] = [];
  const watch = (name: TracerName) => async (): Promise<WatchedCalls> => {
    tried.push(name);
    return works.includes(name) ? GOOD : { status: 'failed', reason: `no ${name} here` };
  };
  const all = Object.fromEntries(TRACERS.map((name) => [name, watch(name)])) as Record<
    TracerName,
    () => Promise<WatchedCalls>
  >;
  return {
    tried,
    fallbacks,
    trace: (choice: TracerName | 'auto') =>
      traceCalls(choice, { ...WINDOW, signal }, (reason, next) => fallbacks.push(`${reason} → ${next}`), all),
  };
}

describe('auto', () => {
  it('knows every tracer, and takes perf last: it shows no bytes', () => {
    expect([...AUTO].sort()).toEqual([...TRACERS].sort());
    expect(AUTO.at(-1)).toBe('perf');
  });

  it('takes the lightest one, and tries no other', async () => {
    const { trace, tried } = ladder(TRACERS);
    expect(await trace('auto')).toMatchObject({ status: 'captured', tracer: 'bpf' });
    expect(tried).toEqual(['bpf']);
  });

  it('falls to the next one, and keeps why', async () => {
    const { trace, tried, fallbacks } = ladder(['strace', 'perf']);
    const skipped = [
      { name: 'bpf', reason: 'no bpf here' },
      { name: 'bpftrace', reason: 'no bpftrace here' },
    ];
    expect(await trace('auto')).toMatchObject({ tracer: 'strace', skipped });
    expect(tried).toEqual(['bpf', 'bpftrace', 'strace']);
    expect(fallbacks).toEqual(['no bpf here → bpftrace', 'no bpftrace here → strace']);
  });

  it('says everything that it tried when nothing works', async () => {
    const { trace, tried } = ladder([]);
    expect(await trace('auto')).toEqual({
      ...{ status: 'failed', tracer: 'perf' },
      reason: 'no bpf here; no bpftrace here; no strace here; no perf here',
    });
    expect(tried).toEqual(AUTO);
  });

  it('tries no other when it is interrupted', async () => {
    const { trace, tried } = ladder([], AbortSignal.abort());
    expect(await trace('auto')).toMatchObject({ status: 'failed', reason: 'no bpf here' });
    expect(tried).toEqual(['bpf']);
  });
});

it('a tracer that was asked for is the only one that is tried', async () => {
  const { trace, tried } = ladder(['bpf']);
  expect(await trace('perf')).toMatchObject({ status: 'failed', tracer: 'perf', reason: 'no perf here' });
  expect(tried).toEqual(['perf']);
});

it('says why a tracer watched', () => {
  expect(whyTracer('strace')).toBe('it was asked for (--tracer strace)');
  expect(whyTracer('auto')).toBe('it is the lightest one that shows everything');
  expect(whyTracer('auto', [{ name: 'bpf', reason: 'no koffi' }])).toBe(
    'it is the first one that works here; bpf: no koffi',
  );
});
