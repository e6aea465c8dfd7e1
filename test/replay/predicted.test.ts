import { describe, expect, it } from 'vitest';
import type { Finding, Prediction } from '../../src/core/finding.ts';
import type { Replay } from '../../src/replay/player.ts';
import { predictedSeconds, predictions } from '../../src/replay/predicted.ts';

const finding = (id: string, after: number, inTurn?: number): Finding => {
  const bounds = { low: 0, high: 1 };
  const prediction: Prediction = {
    ...{ metric: 'command milliseconds', before: 0.1, after, ...bounds },
    ...(inTurn === undefined ? {} : { inTurn: { after: inTurn, ...bounds } }),
  } as Prediction;
  return { id, prediction } as Finding;
};

const played = (phases: readonly [seconds: number, mends: readonly string[], asked?: string][]) =>
  phases.map(([seconds, mends, asked = 'a turn of page'], index) => ({
    ...{ phase: { id: `phase ${index}`, mends }, asked, seconds },
  }));

const replay = (phases: Parameters<typeof played>[0], findings: readonly Finding[]) =>
  ({ phases: played(phases), report: { findings } }) as unknown as Replay;

describe('what a replay holds against its predictions', () => {
  it('is a whole turn of the clients, before and after', () => {
    const n = finding('n-plus-one-reads', 0.01);
    const both = predictions(
      replay(
        [
          [0.5, []],
          [0.06, ['n-plus-one-reads']],
        ],
        [n],
      ),
    );
    expect(both).toEqual([{ phase: 'phase 1', metric: 'turn seconds', predicted: 0.05, measured: 0.06 }]);
  });

  it('is the request where the part asks an application', () => {
    const phases: Parameters<typeof played>[0] = [
      [2, [], 'GET /a'],
      [1, ['fsync-per-write'], 'GET /a'],
    ];
    expect(predictions(replay(phases, [finding('fsync-per-write', 0.05)]))).toEqual([
      { phase: 'phase 1', metric: 'request seconds', predicted: 1, measured: 1 },
    ]);
  });

  it('adds up the fixes in the order of the report', () => {
    const findings = [finding('a', 0.05), finding('b', 0.08, 0.02), finding('c', 0.09, 0.01)];
    const phases: Parameters<typeof played>[0] = [
      [1, []],
      [1, ['a']],
      [1, ['b', 'c']],
    ];
    expect(predictedSeconds(replay(phases, findings))).toEqual([undefined, 0.5, 0.1]);
  });

  it('is so many commands where those that were watched sum up to about a turn, and its part of the turn where not', () => {
    const foretold = (commandsPerTurn: number, metric = 'command milliseconds') => {
      const { id, prediction } = finding('a', 0.01);
      const phases = played([
        [0.08, []],
        [0.02, ['a']],
      ]).map((phase) => ({ ...phase, commandsPerTurn }));
      const findings = [{ id, prediction: { ...prediction, metric } }];
      return predictedSeconds({ phases, report: { findings } } as unknown as Replay)[1];
    };
    expect(foretold(1000)).toBe(0.01);
    expect(foretold(10)).toBe(0.008);
    expect(foretold(1)).toBe(0.008);
    expect(foretold(1000, 'request seconds')).toBe(0.008);
  });

  it('takes a fix alone where those before it in the report are not made', () => {
    const findings = [finding('a', 0.05), finding('b', 0.08, 0.02)];
    const phases: Parameters<typeof played>[0] = [
      [1, []],
      [1, ['b']],
    ];
    expect(predictedSeconds(replay(phases, findings))).toEqual([undefined, 0.8]);
  });

  it('says nothing of a mixture that the report does not predict, nor of a phase that mends nothing foretold', () => {
    const findings = [finding('a', 0.05), finding('b', 0.08, 0.02), finding('c', 0.09, 0.01)];
    const phases: Parameters<typeof played>[0] = [
      [1, []],
      [1, ['b']],
      [1, ['c']],
      [1, ['other']],
    ];
    expect(predictedSeconds(replay(phases, findings))).toEqual([undefined, 0.8, undefined, undefined]);
  });
});
