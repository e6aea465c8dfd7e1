import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget, CALL_COST_US, overheadOf, type Watching } from '../../src/capture/overhead.ts';

/** A budget on a clock that stands still until it is moved. */
function budgetOf(maxOverhead: number, { diagnosisMs = 10_000, spanMs = 7000 } = {}) {
  const clock = { ms: 0 };
  return { clock, budget: new Budget({ maxOverhead, diagnosisMs, spanMs, now: () => clock.ms }) };
}

/** Calls that cost a tracer so many milliseconds. */
const callsFor = (tracer: string, ms: number) => Math.ceil((ms * 1000) / CALL_COST_US[tracer]!);

describe('the budget of a diagnosis', () => {
  it('lets a slow server be watched to the end', () => {
    const { clock, budget } = budgetOf(0.05);
    budget.attach();
    // 60 ms a second.
    for (let second = 1; second <= 7; second++) {
      clock.ms = second * 1000;
      expect(budget.isSpent('strace', callsFor('strace', 60 * second))).toBe(false);
    }
  });

  it('ends a window of a busy server after a burst, and gives it a rest', () => {
    const { clock, budget } = budgetOf(0.05);
    budget.attach();
    clock.ms = 290;
    expect(budget.isSpent('strace', 1e6)).toBe(false);
    clock.ms = 400;
    expect(budget.isSpent('strace', 1e6)).toBe(true);
    budget.detach('strace', 1e6);
    expect(budget.account).toEqual({ lostMs: 400, attachedMs: 400 });
    const restMs = budget.restMs()!;
    expect(restMs).toBeGreaterThan(1000);
    clock.ms += restMs;
    budget.attach();
    clock.ms += 99;
    expect(budget.isSpent('strace', 1e6)).toBe(false);
    clock.ms += 2;
    expect(budget.isSpent('strace', 1e6)).toBe(true);
    budget.detach('strace', 1e6);
    expect(budget.restMs()).toBeUndefined();
  });

  it('takes nothing for calls before the window, and sets no limit at 100 %', () => {
    const { clock, budget } = budgetOf(0.05);
    expect(budget.isSpent('strace', 1e6)).toBe(false);
    const free = budgetOf(1);
    free.budget.attach();
    free.clock.ms = 7000;
    expect(free.budget.isSpent('strace', 1e9)).toBe(false);
    expect(clock.ms).toBe(0);
  });

  it('never permits more than the whole, however it is asked', () => {
    const windows = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 20_000 })),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(windows, fc.double({ min: 0.001, max: 0.9, noNaN: true }), (steps, maxOverhead) => {
        const { clock, budget } = budgetOf(maxOverhead);
        let last = 0;
        for (const [ms, calls] of steps) {
          budget.attach();
          clock.ms += ms;
          const before = budget.account.lostMs;
          budget.detach('strace', calls);
          last = budget.account.lostMs - before;
          expect(last).toBeLessThanOrEqual(ms + 1e-6);
          const restMs = budget.restMs();
          if (restMs === undefined) break;
          expect(restMs).toBeGreaterThanOrEqual(0);
          clock.ms += restMs;
        }
        // What one window took before it was asked may come on top.
        expect(budget.account.lostMs).toBeLessThanOrEqual(maxOverhead * 10_000 + last + 1e-6);
      }),
    );
  });
});

describe('what watching cost', () => {
  const watching: Watching = {
    ...{ tracer: 'strace', calls: 10_000, attachedMs: 2000, lostMs: 750, diagnosisMs: 10_000 },
    ...{ untracedRate: 1000, tracedRate: 700, maxOverhead: 0.05, windows: 1, shortened: false },
  };

  it('is measured against the untraced window where that was possible', () => {
    expect(overheadOf(watching)).toEqual({
      fraction: 0.06,
      how: expect.stringMatching(/^measured: /),
      estimated: 0.075,
      measured: 0.06,
      limit: 0.05,
      attachedSeconds: 2,
    });
  });

  it('is nothing when the target did more than before', () => {
    expect(overheadOf({ ...watching, tracedRate: 1200 })).toMatchObject({ fraction: 0, measured: 0 });
  });

  it.each([
    ['the target made no calls before', { untracedRate: 3 }],
    ['the window was too short', { tracedRate: undefined }],
    ['nothing was counted', { untracedRate: undefined }],
  ])('is estimated when %s', (_why, known) => {
    const overhead = overheadOf({ ...watching, ...known });
    expect(overhead).toMatchObject({ fraction: 0.075, how: 'estimated: 10000 calls at 75 µs each' });
    expect(overhead.measured).toBeUndefined();
  });

  it('is estimated when the load itself fell more than a tracer can have cost', () => {
    const fallen = overheadOf({ ...watching, tracer: 'bpf', lostMs: 6, tracedRate: 10 });
    expect(fallen).toMatchObject({ fraction: 0.0006, measured: 0.198 });
    expect(fallen.how).toMatch(/^estimated: /);
  });

  it('says why the window was shorter', () => {
    const words = (windows: number) => overheadOf({ ...watching, windows, shortened: true }).shortened;
    expect(words(1)).toBe(
      'The window was ended after 2 s: watching on would have cost more than 5 % of its time (--max-overhead).',
    );
    expect(words(3)).toMatch(/^It was watched in 3 short windows, 2 s in all: /);
  });
});
