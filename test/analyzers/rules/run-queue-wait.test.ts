import { describe, expect, it } from 'vitest';
import { reading } from '../../support/readings.ts';
import { outputs, topText } from '../../support/tool-output.ts';
import { reportOf } from '../../support/trace-log.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'run-queue-wait';
const delayed = (runDelayShare: number) => ({
  targetCpu: { runDelayShare, seconds: 3, text: `9085/schedstat: ran late by ${runDelayShare * 3} s` },
});
const oneBusy = topText({ cpus: [{ us: 100, id: 0 }, { id: 100 }] });
const allBusy = topText({
  cpus: [
    { us: 100, id: 0 },
    { us: 99, id: 1 },
  ],
});
const status = (allowed: string) =>
  reading('proc', 1000, {
    '/proc/9085/status': `Name:\tredis-server\nTgid:\t9085\nPid:\t9085\nCpus_allowed_list:\t${allowed}`,
  });
const shown = (top: string, allowed: string, delay: number) => ({
  outputs: [...outputs({ top }).outputs!, status(allowed)],
  ...delayed(delay),
});

judges(ID, {
  fires: {
    'bound to the busy CPU of two': () => shown(oneBusy, '0', 0.4),
    'others come first, on a machine with room': () => shown(oneBusy, '0-1', 0.55),
    'with nothing else known': () => delayed(0.6),
  },
  spares: {
    'beside its clients on two CPUs, bound to none': () => shown(oneBusy, '0-1', 0.28),
    'it gets a CPU at once': () => shown(oneBusy, '0-1', 0.004),
    'bound to a CPU of its own': () => shown(oneBusy, '1', 0),
  },
  cannotTell: { 'no reading': () => ({}) },
});

describe('what it says', () => {
  it('names the CPU that it is bound to, and how to unbind it', () => {
    const { why, fix, severity } = findingOf(ID, shown(oneBusy, '0', 0.6));
    expect(severity).toBe('critical');
    expect(why).toContain('It may run on CPU 0 only (100 % busy)');
    expect(fix?.command).toBe('taskset -a -p -c 0-1 9085');
  });

  it('is no second cause where all CPUs are busy', () => {
    expect(verdictFor('cpu-saturated', shown(allBusy, '0-1', 0.4)).kind).toBe('finding');
    const report = reportOf(undefined, shown(allBusy, '0-1', 0.4));
    expect(report.findings.map(({ id }) => id)).toEqual(['cpu-saturated']);
  });

  it('says with its number that it is none', () => {
    expect(verdictFor(ID, shown(oneBusy, '0-1', 0.004))).toMatchObject({
      because: 'it was ready to run and had no CPU 0.4 % of the time',
    });
  });
});
