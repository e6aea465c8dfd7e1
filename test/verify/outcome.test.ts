import { describe, expect, it } from 'vitest';
import { withRequests } from '../../src/verify/measure.ts';
import { chanceOf, judgeWindows, type Window } from '../../src/verify/outcome.ts';

/** Windows in turn, beginning and ending without the fix. */
const windowsOf = (values: readonly (number | undefined)[], metric = 'command milliseconds'): Window[] =>
  values.map((value, index) => ({
    fix: index % 2 === 1,
    values: value === undefined ? {} : { [metric]: value },
    requests: 0,
    commands: 100,
  }));
const PREDICTION = { metric: 'command milliseconds', before: 10, after: 2, low: 1, high: 3 };

describe('what windows say', () => {
  it('a fix helps when all windows with it are quicker', () => {
    expect(judgeWindows(windowsOf([10, 2, 11, 2.5, 9, 1.5, 10]), PREDICTION)).toMatchObject({
      verdict: 'better',
      because: '80 % less with the fix',
      metric: 'command milliseconds',
      without: { median: 10, low: 9, high: 11, windows: 4 },
      with: { median: 2, low: 1.5, high: 2.5, windows: 3 },
      chance: 1 / 35,
      predicted: { after: 2, low: 1, high: 3 },
      againstPrediction: 'as predicted',
    });
  });

  it('or makes things slower', () => {
    expect(judgeWindows(windowsOf([10, 12, 10, 13, 9, 12, 10]), PREDICTION)).toMatchObject({
      verdict: 'worse',
      because: '20 % more with the fix',
      againstPrediction: 'less than predicted',
    });
  });

  it('nothing is said of a difference within the noise, however large', () => {
    const outcome = judgeWindows(windowsOf([10, 2, 11, 9.5, 9, 1.5, 10]), PREDICTION);
    expect(outcome).toMatchObject({ verdict: 'cannot-tell', chance: 2 / 35 });
    expect(outcome.because).toContain('within the noise');
  });

  it('of one that is sure and too small to matter', () => {
    const outcome = judgeWindows(windowsOf([10, 9.8, 10.1, 9.8, 10, 9.8, 10]), undefined);
    expect(outcome).toMatchObject({ verdict: 'cannot-tell', because: 'the difference is only 2 %' });
    expect(outcome.predicted).toBeUndefined();
  });

  it('of values that are all the same', () => {
    expect(judgeWindows(windowsOf([1, 1, 1, 1, 1, 1, 1]), PREDICTION)).toMatchObject({
      verdict: 'cannot-tell',
      chance: 1,
    });
  });

  it('of windows without requests', () => {
    const idle = windowsOf([1, 1, 1, 1, 1, 1, 1]).map((window) => ({ ...window, values: {}, commands: 0 }));
    expect(judgeWindows(idle, PREDICTION).because).toContain('no client asked');
    expect(judgeWindows([], PREDICTION).verdict).toBe('cannot-tell');
    expect(judgeWindows(windowsOf([1, 1, 1, 1, undefined, 1, undefined]), PREDICTION).because).toContain(
      'too few windows',
    );
  });

  it('a PING says nothing where no client was, and nothing was promised for it', () => {
    const pings = windowsOf([0.9, 0.4, 0.8, 0.5, 0.9, 0.4, 0.9], 'PING milliseconds');
    const alone = pings.map((window) => ({ ...window, commands: 0 }));
    expect(judgeWindows(alone, PREDICTION)).toMatchObject({
      verdict: 'cannot-tell',
      because: expect.stringContaining('no client asked'),
    });
    const asked = judgeWindows(pings, PREDICTION);
    expect(asked).toMatchObject({ verdict: 'better', metric: 'PING milliseconds' });
    expect(asked.predicted).toBeUndefined();
  });

  it('a load that ends halfway leaves too few windows, and its PINGs are not compared with idle ones', () => {
    const pings = windowsOf([3, 2.7, 1.7, 1, 1, 1, 0.9], 'PING milliseconds');
    const ended = pings.map((window, index) => (index < 3 ? window : { ...window, commands: 0 }));
    expect(judgeWindows(ended, PREDICTION)).toEqual({
      verdict: 'cannot-tell',
      because: 'too few windows saw requests: clients asked in 3 of 7; verify while they go on asking',
    });
  });

  it('in another metric than the prediction’s, the factor counts', () => {
    const counted = windowsOf([100, 20, 100, 20, 100, 20, 100], 'milliseconds per command by the counters');
    expect(judgeWindows(counted, PREDICTION)).toMatchObject({
      metric: 'milliseconds per command by the counters',
      predicted: { after: 20, low: 10, high: 30 },
      againstPrediction: 'as predicted',
    });
  });

  it('the metric of the prediction goes before the others', () => {
    const both = windowsOf([10, 2, 10, 2, 10, 2, 10]).map(({ values, ...rest }) => ({
      ...rest,
      values: { 'request seconds': 1, ...values },
    }));
    expect(judgeWindows(both, PREDICTION).metric).toBe('command milliseconds');
    expect(judgeWindows(both, undefined).metric).toBe('request seconds');
  });
});

it('the chance is that of the rank test, as in its tables', () => {
  expect(chanceOf([4, 5, 6], [1, 2, 3])).toBeCloseTo(1 / 20);
  expect(chanceOf([3, 5, 6], [1, 2, 4])).toBeCloseTo(2 / 20);
  expect(chanceOf([1, 2, 3], [4, 5, 6])).toBe(1);
  // 6 against 5: U = 5 is the last that is significant at 5 %, one-sided.
  expect(chanceOf([2, 7, 8, 9, 10, 11], [1, 3, 4, 5, 5.5])).toBeLessThan(0.05);
  expect(chanceOf(Array(21).fill(2), Array(20).fill(1))).toBeLessThan(1e-10);
});

it('the endpoint that took most time over all windows counts', () => {
  const window = (requests: Record<string, number[]>) => ({
    values: {},
    requests: new Map(Object.entries(requests)),
    commands: 10,
  });
  const windows = withRequests([
    window({ '/slow': [3, 4, 5], '/often': [1, 1] }),
    window({ '/often': [1, 1, 1] }),
    window({ '/slow': [2] }),
  ]);
  expect(windows.map(({ values }) => values['request seconds'])).toEqual([4, undefined, 2]);
  expect(windows.map(({ requests }) => requests)).toEqual([3, 0, 1]);
});
