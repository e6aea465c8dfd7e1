import { describe, expect, it } from 'vitest';
import { reading, readings } from '../../support/readings.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'cpu-throttled';

interface Group {
  readonly periods?: number;
  readonly throttled?: number;
  /** Milliseconds without a CPU. */
  readonly stoppedMs?: number;
  readonly quota?: string;
  readonly path?: string;
}

const V2 = '/sys/fs/cgroup/system.slice/docker-ec41.scope';
const v2 = ({ periods = 0, throttled = 0, stoppedMs = 0, quota = '50000 100000', path = V2 }: Group) => ({
  [`${path}/cpu.max`]: quota,
  [`${path}/cpu.stat`]: `usage_usec 90432\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec ${stoppedMs * 1000}`,
});
const V1 = '/sys/fs/cgroup/cpu,cpuacct/docker/ec41';
const v1 = ({ periods = 0, throttled = 0, stoppedMs = 0, quota = '50000', path = V1 }: Group) => ({
  [`${path}/cpu.stat`]: `nr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_time ${stoppedMs * 1e6}`,
  [`${path}/cpu.cfs_quota_us`]: quota,
  [`${path}/cpu.cfs_period_us`]: '100000',
});
const STOPPED = { periods: 100, throttled: 80, stoppedMs: 4000 };

judges(ID, {
  fires: {
    'half a CPU, cgroup v2': () => readings(v2({}), v2(STOPPED)),
    'half a CPU, cgroup v1': () => readings(v1({}), v1(STOPPED)),
    'a limit of the pod around the container': () =>
      readings(
        { ...v2({ quota: 'max 100000' }), ...v2({ path: '/sys/fs/cgroup/system.slice' }) },
        { ...v2({ quota: 'max 100000' }), ...v2({ path: '/sys/fs/cgroup/system.slice', ...STOPPED }) },
      ),
  },
  spares: {
    'a limit that it does not reach': () => readings(v2({}), v2({ periods: 100 })),
    'a limit that it met once': () => readings(v1({}), v1({ periods: 100, throttled: 1, stoppedMs: 40 })),
    'a group that did nothing': () => readings(v2({ periods: 7 }), v2({ periods: 7 })),
    'stopped long before it was watched': () => readings(v2(STOPPED), v2({ ...STOPPED, periods: 200 })),
  },
  cannotTell: {
    'no reading': () => ({}),
    'no limit, v2': () => readings(v2({ quota: 'max 100000' }), v2({ quota: 'max 100000' })),
    'no limit, v1': () => readings(v1({ quota: '-1' }), v1({ quota: '-1' })),
    'one reading only': () => ({ outputs: [reading('proc before', 1000, v2(STOPPED))] }),
    'the first root group, which has no quota': () =>
      readings({ '/sys/fs/cgroup/cpu.stat': 'usage_usec 1' }, { '/sys/fs/cgroup/cpu.stat': 'usage_usec 2' }),
    'a moment that is too short': () =>
      readings(v2({}), v2({ periods: 3, throttled: 3, stoppedMs: 200 }), 0.3),
  },
});

describe('what it says', () => {
  it('names the limit, the periods and the time, and points at the counters', () => {
    const { why, measures, evidence, fix } = findingOf(ID, readings(v2({}), v2(STOPPED)));
    expect(why).toContain('a limit of 0.5 CPUs (50 ms each 100 ms)');
    expect(why).toContain('80 of 100 periods and stood still 40 % of the time');
    expect(measures.stopped).toEqual({ value: 0.4, unit: 'fraction' });
    expect(evidence.map(({ text }) => text)).toEqual(
      expect.arrayContaining([`${V2}/cpu.max: 50000 100000`, `${V2}/cpu.stat: nr_throttled 80`]),
    );
    expect(fix!.command).toBe(`echo "max 100000" > ${V2}/cpu.max`);
  });

  it('sums no CPUs: a group stands still no longer than the periods in which it was stopped', () => {
    const { measures } = findingOf(
      ID,
      readings(v1({}), v1({ periods: 100, throttled: 50, stoppedMs: 30_000 })),
    );
    expect(measures.stopped!.value).toBe(0.5);
  });

  it('says with its number that a limit was not reached', () => {
    expect(verdictFor(ID, readings(v2({}), v2({ periods: 100 })))).toMatchObject({
      because: expect.stringContaining('in 0 of 100 periods and stood still 0 % of the time'),
    });
  });

  it('says that there is no limit', () => {
    expect(verdictFor(ID, readings(v1({ quota: '-1' }), v1({ quota: '-1' })))).toMatchObject({
      kind: 'not-applicable',
      because: 'no cgroup limit is set on the target',
    });
  });
});
