import { describe, expect, it } from 'vitest';
import { outputs, pressureText, topText } from '../../support/tool-output.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'memory-pressure';
const low = topText({ availableKib: 200_000 });

judges(ID, {
  fires: {
    'stalls, whatever is available': () => outputs({ top: topText(), proc: pressureText(8) }),
    'little left and stalls': () => outputs({ top: low, proc: pressureText(30) }),
  },
  spares: {
    'the case: 7 of 8 GiB available': () => outputs({ top: topText() }),
    'little left, but nobody waits': () => outputs({ top: low, proc: pressureText(0) }),
  },
  cannotTell: {
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
