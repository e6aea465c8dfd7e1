import { describe, expect, it } from 'vitest';
import { outputs, topText } from '../../support/tool-output.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'cpu-saturated';
const busy = outputs({
  top: topText({
    cpus: [
      { us: 97, id: 3 },
      { us: 90, sy: 8, id: 2 },
    ],
  }),
});
const delayed = (runDelayShare: number) => ({
  targetCpu: { runDelayShare, seconds: 10, text: `waited for a CPU ${runDelayShare * 10} s of 10 s` },
});

judges(ID, {
  fires: {
    'busy CPUs and a process that waits for one': () => ({ ...busy, ...delayed(0.3) }),
    'the same, half of the time': () => ({ ...busy, ...delayed(0.6) }),
  },
  spares: {
    'the case: one core waits for the disk': () => outputs({ top: topText() }),
    'one busy core of two': () => outputs({ top: topText({ cpus: [{ us: 100, id: 0 }, { id: 100 }] }) }),
    'all cores wait for the disk': () =>
      outputs({
        top: topText({
          cpus: [
            { id: 1, wa: 98 },
            { id: 0, wa: 99 },
          ],
        }),
      }),
    'busy CPUs and a process that got one whenever it asked': () => ({ ...busy, ...delayed(0.01) }),
  },
  cannotTell: {
    'no reading': () => ({}),
    'busy CPUs, and nobody knows whether the process waited': () => busy,
  },
});

describe('what it says', () => {
  it('is critical when the process waits half of the time', () => {
    expect(findingOf(ID, { ...busy, ...delayed(0.3) }).severity).toBe('warning');
    expect(findingOf(ID, { ...busy, ...delayed(0.6) }).severity).toBe('critical');
  });

  it('names the busiest core apart from iowait', () => {
    expect(verdictFor(ID, outputs({ top: topText() }))).toMatchObject({
      because: 'all 2 CPUs 7.4 % busy on average, busiest core (0) 9.6 % busy apart from iowait',
    });
  });

  it('gives the reason why top was not read', () => {
    expect(verdictFor(ID, { missing: { top: 'top is not installed' } })).toMatchObject({
      because: 'top is not installed',
    });
  });
});
