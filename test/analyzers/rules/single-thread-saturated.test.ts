import { describe, expect, it } from 'vitest';
import { outputs, topText } from '../../support/tool-output.ts';
import { findingOf, judges } from './table.ts';

const ID = 'single-thread-saturated';
const thread = (busiestThreadPercent: number) => ({
  targetCpu: {
    busiestThreadPercent,
    busiestThread: 'redis-server',
    seconds: 10,
    text: 'utime +990 of 1000 ticks',
  },
});
const pidstat = (percent: number) =>
  outputs({
    pidstat: `12:49:35      UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command\n12:49:36      100      9085    ${percent}.00    0.00    0.00    0.00   ${percent}.00     0  redis-server\n`,
  });

judges(ID, {
  fires: { 'a thread that uses all of its CPU': () => thread(99.2) },
  spares: {
    'a thread that waits most of the time': () => thread(8.6),
    'pidstat -u of a quiet process': () => pidstat(5),
    'top of a quiet process': () => outputs({ top: topText({ serverPercent: 5 }) }),
  },
  cannotTell: {
    'no reading': () => ({}),
    'a busy process whose threads were not read': () => pidstat(97),
    'top of a busy process': () => outputs({ top: topText({ serverPercent: 99 }) }),
    'rows of other processes only': () => ({ ...pidstat(5), target: { pid: 1 } }),
  },
});

describe('what it says', () => {
  it('names the thread', () => {
    expect(findingOf(ID, thread(99.2)).why).toContain('redis-server used 99 % of one CPU');
  });
});
