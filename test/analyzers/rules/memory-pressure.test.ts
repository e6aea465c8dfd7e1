import { describe, expect, it } from 'vitest';
import { readings } from '../../support/readings.ts';
import { outputs, pressureText, topText } from '../../support/tool-output.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'memory-pressure';
const low = topText({ availableKib: 200_000 });

const GROUP = '/sys/fs/cgroup/system.slice/redis.service';
/** Milliseconds of ten seconds in which all tasks of the group stood still, and how often it came to its limit. */
const group = (stalledMs: number | undefined, hits: number) => {
  const files = (ms: number, count: number) => ({
    [`${GROUP}/memory.events`]: `low 0\nhigh 0\nmax ${count}\noom 0\noom_kill 0`,
    ...(stalledMs === undefined
      ? {}
      : {
          [`${GROUP}/memory.pressure`]: `some avg10=0.00 avg60=0.00 avg300=0.00 total=${ms * 1000}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=${ms * 1000}`,
        }),
  });
  const { outputs: rows } = outputs({ top: topText() });
  return {
    outputs: [...rows!, ...readings(files(100, 5), files(100 + (stalledMs ?? 0), 5 + hits)).outputs],
  };
};

judges(ID, {
  fires: {
    'stalls, whatever is available': () => outputs({ top: topText(), proc: pressureText(8) }),
    'a control group at its limit that stands still for it': () => group(3000, 400),
    'little left and stalls': () => outputs({ top: low, proc: pressureText(30) }),
  },
  spares: {
    'the case: 7 of 8 GiB available': () => outputs({ top: topText() }),
    'a control group full of cached files: at its limit, and nobody waits': () => group(20, 400),
    'a control group that stood still and is below its limit': () => group(3000, 0),
    'little left, but nobody waits': () => outputs({ top: low, proc: pressureText(0) }),
  },
  cannotTell: {
    'a control group at its limit, and nobody counted for how long it waited': () => group(undefined, 400),
    'no reading': () => ({}),
    'little left, and stalls were not read': () => outputs({ top: low }),
  },
});

describe('what it says', () => {
  it('is critical from a fifth of the time on', () => {
    expect(findingOf(ID, outputs({ top: low, proc: pressureText(8) })).severity).toBe('warning');
    expect(findingOf(ID, outputs({ top: low, proc: pressureText(30) })).severity).toBe('critical');
  });

  it('counts in GiB', () => {
    expect(verdictFor(ID, outputs({ top: topText() }))).toMatchObject({
      because: '7.13 of 7.79 GiB available (92 %)',
    });
  });
});
