import { describe, expect, it } from 'vitest';
import { outputs, topText } from '../../support/tool-output.ts';
import { findingOf, judges } from './table.ts';

const ID = 'cpu-steal';
const stolen = (st: number) =>
  outputs({ top: topText({ cpus: [{ us: 10, id: 90 - st, st }, { id: 100 }] }) });

const used = (st: number, busiestThreadPercent: number) => ({
  ...stolen(st),
  targetCpu: { busiestThreadPercent, busiestThread: 'redis-server', seconds: 3, text: '9085/task/9085/stat' },
});

judges(ID, {
  fires: {
    'a quarter is stolen': () => stolen(25),
    'a tenth is stolen': () => stolen(10),
    'from a process that runs all the time': () => used(13, 90),
  },
  spares: {
    'nothing is stolen': () => stolen(0),
    'little is stolen': () => stolen(4),
    'from a process that sleeps': () => used(25, 0.4),
    'from a process that runs a little': () => used(13, 20),
  },
  cannotTell: {
    'no reading': () => ({}),
    'a top that prints no steal time': () => outputs({ top: topText().replaceAll(/, +[\d.]+ st/g, '') }),
  },
});

describe('what it says', () => {
  it('names the CPU and how much', () => {
    expect(findingOf(ID, stolen(25))).toMatchObject({
      why: expect.stringContaining('CPU 0'),
      measures: { steal: { value: 25, unit: '%' } },
    });
  });
});
