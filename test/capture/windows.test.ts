import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/capture/overhead.ts';
import { traceWindows, type Windows, type WindowsRequest } from '../../src/capture/windows.ts';
import { parseStrace } from '../../src/probes/strace.ts';
import type { CallsCapture, TracerChoice } from '../../src/tracers/ladder.ts';
import type { CallsWindow } from '../../src/tracers/window.ts';

const LINE = '[pid 7] 1700000000.000001 getppid() = 1 <0.000001>\n';

interface Asked {
  readonly tracer: TracerChoice;
  readonly window: CallsWindow;
}

/** A tracer that shows `calls` lines and then asks whether it has cost enough. */
function fake(calls: number, capture: Partial<CallsCapture> = {}) {
  const asked: Asked[] = [];
  const trace: NonNullable<WindowsRequest['trace']> = async (tracer, window) => {
    asked.push({ tracer, window });
    window.onAttached?.();
    await new Promise((settle) => setTimeout(settle, 5));
    window.isSpent?.('strace', calls);
    window.onWindowEnd?.();
    const text = LINE.repeat(calls);
    return {
      status: 'captured',
      tracer: 'strace',
      text,
      tracedMs: 5,
      full: false,
      stuck: [],
      ...capture,
    } as CallsCapture;
  };
  return { asked, trace };
}

function request(trace: WindowsRequest['trace'], maxOverhead: number): WindowsRequest {
  return {
    ...{
      tracer: 'auto',
      target: process.pid,
      isAlive: () => true,
      clients: [4242],
      durationMs: 300,
      signal: new AbortController().signal,
    },
    budget: new Budget({ maxOverhead, diagnosisMs: 4000, spanMs: 300, now: () => performance.now() }),
    onFallback: () => undefined,
    ...(trace ? { trace } : {}),
    countersOf: () => ({ atMs: performance.now(), calls: performance.now() * 10, threads: new Map() }),
  };
}

const done = (result: Awaited<ReturnType<typeof traceWindows>>): Windows => {
  if ('status' in result) throw new Error(result.reason);
  return result;
};

describe('windows within a budget', () => {
  it('is one window when that costs little', async () => {
    const { asked, trace } = fake(1);
    const result = done(await traceWindows(request(trace, 0.05)));
    expect(asked).toHaveLength(1);
    expect(asked[0]!.window.pids).toEqual([process.pid, 4242]);
    expect(result).toMatchObject({
      spans: [expect.anything()],
      calls: 1,
      shortened: false,
      capture: { text: LINE },
    });
    // It lasted 5 ms, which is too short to tell a rate.
    expect(result.tracedRate).toBeUndefined();
  });

  it('ends when the budget is spent, and says so', async () => {
    const { asked, trace } = fake(100_000, { full: true });
    const result = done(await traceWindows(request(trace, 0.000001)));
    expect(asked).toHaveLength(1);
    expect(result).toMatchObject({ spans: [expect.anything()], shortened: true });
  });

  it('goes on after a rest with the target alone and the tracer that worked, and marks the gap', async () => {
    const asked: Asked[] = [];
    const texts = [LINE, LINE.trimEnd()];
    const trace: WindowsRequest['trace'] = async (tracer, window) => {
      asked.push({ tracer, window });
      window.onAttached?.();
      await new Promise((settle) => setTimeout(settle, 5));
      // Spent in the first window only; what it showed is cheap, so another one is worth it.
      if (asked.length === 1) expect(window.isSpent!('strace', 1)).toBe(true);
      window.onWindowEnd?.();
      const text = texts[asked.length - 1]!;
      return { status: 'captured', tracer: 'strace', text, tracedMs: 5, full: false, stuck: [], lost: 2 };
    };
    const base = request(trace, 0.05);
    const budget = Object.assign(Object.create(base.budget) as Budget, {
      isSpent: () => true,
      restMs: () => (asked.length === 1 ? 20 : undefined),
    });
    const result = done(await traceWindows({ ...base, durationMs: 10_000, budget }));
    expect(asked.map(({ tracer }) => tracer)).toEqual(['auto', 'strace']);
    expect(asked[1]!.window.pids).toEqual([process.pid]);
    expect(asked[1]!.window.maxCalls).toBe(asked[0]!.window.maxCalls! - 1);
    expect(result).toMatchObject({
      spans: [expect.anything(), expect.anything()],
      shortened: true,
      capture: { tracedMs: 10, lost: 4 },
    });
    const { items, problems } = parseStrace(result.capture.text);
    expect(problems).toEqual([]);
    expect(items.map((item) => (item.kind === 'trace-event' ? item.event : item.kind))).toEqual([
      'syscall',
      'gap',
      'syscall',
    ]);
  });

  it('does not watch another process that got the number of the target', async () => {
    const { asked, trace } = fake(1);
    const base = request(trace, 0.05);
    const budget = Object.assign(Object.create(base.budget) as Budget, {
      isSpent: () => true,
      restMs: () => 1,
    });
    const result = done(await traceWindows({ ...base, budget, isAlive: () => false }));
    expect(asked).toHaveLength(1);
    expect(result.spans).toHaveLength(1);
  });

  it('that was interrupted before it was attached took no time', async () => {
    const base = request(
      async () => ({ status: 'captured', tracer: 'perf', text: '', tracedMs: 0, full: false, stuck: [] }),
      0.05,
    );
    const before = performance.now();
    const result = done(await traceWindows(base));
    expect(result.endedMs).toBeGreaterThanOrEqual(before);
    expect(Date.parse(result.endedAt)).toBeGreaterThan(0);
    expect(base.budget.account).toEqual({ lostMs: 0, attachedMs: 0 });
  });

  it('hands on why the first window failed, and keeps what there was when a later one does', async () => {
    const failed: CallsCapture = { status: 'failed', tracer: 'strace', reason: 'it may not' };
    expect(await traceWindows(request(async () => failed, 0.05))).toBe(failed);
    const { trace } = fake(3);
    let windows = 0;
    const base = request(async (...args) => (windows++ === 0 ? trace(...args) : failed), 0.05);
    const budget = Object.assign(Object.create(base.budget) as Budget, {
      isSpent: () => true,
      restMs: () => 1,
    });
    expect(done(await traceWindows({ ...base, budget }))).toMatchObject({
      spans: [expect.anything()],
      calls: 3,
    });
  });
});
