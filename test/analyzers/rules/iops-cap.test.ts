import { describe, expect, it } from 'vitest';
import { reading } from '../../support/readings.ts';
import { type Disk, iostatText } from '../../support/tool-output.ts';
import { reportOf, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, type Shown, verdictFor } from './table.ts';

const ID = 'iops-cap';
const V1 = '/sys/fs/cgroup/blkio/docker/ec41';
const V2 = '/sys/fs/cgroup/system.slice/docker-ec41.scope';
const DISKSTATS = '   8       0 sda 1 0 8 1 1 0 8 1 0 1 1';

const v1 = (limit: number, writes: number) => ({
  [`${V1}/blkio.throttle.write_iops_device`]: `8:0 ${limit}`,
  [`${V1}/blkio.throttle.io_serviced`]: `8:0 Read 9\n8:0 Write ${writes}\nTotal ${writes + 9}`,
  '/proc/diskstats': DISKSTATS,
});
const v2 = (limits: string, writes: number) => ({
  [`${V2}/io.max`]: `8:0 ${limits}`,
  [`${V2}/io.stat`]: `8:0 rbytes=0 wbytes=${writes * 4096} rios=0 wios=${writes} dbytes=0 dios=0`,
});
/** Ten seconds between the two. */
const over = (before: Record<string, string>, after: Record<string, string>): Shown => ({
  outputs: [reading('proc before', 100, before), reading('proc after', 110, after)],
});
const LSOF = [
  'COMMAND    PID  USER   FD      TYPE DEVICE SIZE/OFF     NODE NAME',
  'node       9085  root    7w      REG    8,0     3287       12 /data/log',
].join('\n');
const disks = (...reports: readonly Disk[]): Shown => ({
  lsof: LSOF,
  outputs: [
    // The first report of iostat is the average since boot.
    ...[
      {
        source: 'iostat',
        probe: 'iostat',
        text: [{}, ...reports].map((each) => iostatText([each])).join('\n'),
      },
    ],
    reading('proc', 100, { '/proc/diskstats': DISKSTATS }),
  ],
});

judges(ID, {
  fires: {
    'a limit of cgroup v1 that is used up': () => over(v1(40, 0), v1(40, 398)),
    'a limit of cgroup v2': () =>
      over(v2('rbps=max wbps=max riops=max wiops=120', 0), v2('rbps=max wbps=max riops=max wiops=120', 1190)),
    'a limit on bytes': () =>
      over(
        v2('rbps=max wbps=409600 riops=max wiops=max', 0),
        v2('rbps=max wbps=409600 riops=max wiops=max', 995),
      ),
    'a plateau with a queue': () =>
      disks(
        { writes: 300, queue: 20, util: 100 },
        { writes: 301, queue: 24, util: 100 },
        { writes: 299, queue: 28, util: 100 },
      ),
  },
  spares: {
    'a limit that is far away': () => over(v1(1000, 0), v1(1000, 398)),
    'a saturated disk whose rate varies': () =>
      disks(
        { writes: 300, queue: 20, util: 100 },
        { writes: 410, queue: 24, util: 100 },
        { writes: 350, queue: 28, util: 100 },
      ),
    'a steady rate without a queue': () =>
      disks({ writes: 300, queue: 1 }, { writes: 300, queue: 1 }, { writes: 300, queue: 1 }),
  },
  cannotTell: {
    'no reading': () => ({}),
    'a limit, and what was used was read once': () => ({
      outputs: [reading('proc before', 100, v1(40, 398))],
    }),
  },
});

describe('what it says', () => {
  it('names the group, the limit and what was used', () => {
    const { why, evidence } = findingOf(ID, over(v1(40, 0), v1(40, 398)));
    expect(why).toContain('/blkio/docker/ec41 may do 40 writes a second on 8:0 (sda), and 39.8 were used');
    expect(evidence[0]!.text).toBe(`${V1}/blkio.throttle.write_iops_device: 8:0 40`);
  });

  it('is less sure of a plateau, and then no disk is called saturated', () => {
    const shown = disks(
      { writes: 300, queue: 20, util: 100 },
      { writes: 301, queue: 24, util: 100 },
      { writes: 299, queue: 28, util: 100 },
    );
    expect(findingOf(ID, shown).confidence).toBe(0.6);
    expect(reportOf(undefined, shown).findings.map(({ id }) => id)).toEqual([ID]);
  });

  it('is the one cause of slow syncs that are few', () => {
    const log = new TraceLog({ syncUs: 96_000 }).times(40, (each) => each.write(7, 'a line\n').sync());
    const { outputs } = over(v1(40, 0), v1(40, 398));
    const report = reportOf(log, { outputs: outputs!, lsof: LSOF });
    expect(report.findings.map(({ id, share }) => [id, share! > 0.9])).toEqual([[ID, true]]);
  });

  it('rules it out with its number', () => {
    expect(verdictFor(ID, over(v1(1000, 0), v1(1000, 398)))).toMatchObject({
      because: expect.stringContaining('may do 1000 writes a second on 8:0, of which 39.8 were used'),
    });
  });
});
