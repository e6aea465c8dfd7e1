import { describe, expect, it } from 'vitest';
import { parseCgroup } from '../../src/probes/proc/cgroup.ts';
import { cgroupFiles } from '../../src/probes/proc/cgroup-files.ts';
import { parseCgroupFile } from '../../src/probes/proc/cgroup-values.ts';
import { parseMountinfo } from '../../src/probes/proc/mountinfo.ts';
import { parseNetCounters } from '../../src/probes/proc/net-counters.ts';

const read = (file: string, text: string) =>
  parseCgroupFile(`/sys/fs/cgroup/a/${file}`, text)!.items.map(({ name, device, value }) => ({
    name,
    ...(device === undefined ? {} : { device }),
    ...(value === undefined ? {} : { value }),
  }));

describe('files of a control group', () => {
  it('v2: limits, and "max" for none', () => {
    expect(read('cpu.max', '50000 100000\n')).toEqual([
      { name: 'quota', value: 50_000 },
      { name: 'period', value: 100_000 },
    ]);
    expect(read('cpu.max', 'max 100000\n')).toEqual([{ name: 'quota' }, { name: 'period', value: 100_000 }]);
    expect(read('io.max', '8:16 rbps=2097152 wbps=max riops=max wiops=120\n')).toEqual([
      { device: '8:16', name: 'rbps', value: 2_097_152 },
      { device: '8:16', name: 'wbps' },
      { device: '8:16', name: 'riops' },
      { device: '8:16', name: 'wiops', value: 120 },
    ]);
    expect(read('memory.max', 'max\n')).toEqual([{ name: 'value' }]);
  });

  it('v1: -1, and a number near 2^63, for none', () => {
    expect(read('cpu.cfs_quota_us', '-1\n')).toEqual([{ name: 'quota' }]);
    expect(read('memory.limit_in_bytes', '9223372036854771712\n')).toEqual([{ name: 'value' }]);
    expect(read('blkio.throttle.write_iops_device', '8:16 120\n')).toEqual([
      { device: '8:16', name: 'value', value: 120 },
    ]);
    expect(read('blkio.throttle.io_serviced', '8:16 Read 1\n8:16 Write 353\nTotal 354\n')).toEqual([
      { device: '8:16', name: 'Read', value: 1 },
      { device: '8:16', name: 'Write', value: 353 },
    ]);
  });

  it('reports what is no line of the file, and reads no other file', () => {
    expect(parseCgroupFile('/sys/fs/cgroup/cpu.max', 'fast\n')!.problems).toHaveLength(1);
    expect(parseCgroupFile('/sys/fs/cgroup/cpu.weight', '100\n')).toBeUndefined();
  });
});

describe('which files', () => {
  const files = (groups: string, mounts: string) =>
    cgroupFiles(parseCgroup(groups).items, parseMountinfo(mounts).items);

  it('v2: of the group and of those around it', () => {
    const found = files(
      '0::/system.slice/docker-ec41.scope\n',
      '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n',
    );
    expect(found.filter((name) => name.endsWith('/cpu.max'))).toEqual([
      '/sys/fs/cgroup/system.slice/docker-ec41.scope/cpu.max',
      '/sys/fs/cgroup/system.slice/cpu.max',
      '/sys/fs/cgroup/cpu.max',
    ]);
  });

  it('v1: of each controller, where it is mounted', () => {
    const found = files(
      '4:cpu,cpuacct:/docker/ec41\n3:blkio:/\n2:pids:/docker/ec41\n',
      [
        '33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
        '38 31 0:35 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio',
      ].join('\n'),
    );
    expect(found).toContain('/sys/fs/cgroup/cpu,cpuacct/docker/ec41/cpu.cfs_quota_us');
    expect(found).toContain('/sys/fs/cgroup/blkio/blkio.throttle.write_iops_device');
    expect(found.join()).not.toContain('pids');
    expect(found.join()).not.toContain('blkio/cpu');
  });

  it('in a container: a path within what is mounted there, and none outside of it', () => {
    const mount = '30 23 0:26 /docker/ec41 /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n';
    expect(files('0::/docker/ec41/child\n', mount)).toContain('/sys/fs/cgroup/child/cpu.max');
    expect(files('0::/../other\n', mount)).toEqual([]);
    expect(files('0::/a\n', '')).toEqual([]);
  });
});

describe('counters of a network namespace', () => {
  it('pairs names with values, and keeps those that rules ask for', () => {
    const { items, problems } = parseNetCounters(
      'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 7 9\nTcp: RtoMin RetransSegs\nTcp: 200 117\nIpExt: InOctets\nIpExt: 5\n',
      9085,
    );
    expect(items.map(({ name, value, line, pid }) => [name, value, line, pid])).toEqual([
      ['ListenOverflows', 7, 2, 9085],
      ['ListenDrops', 9, 2, 9085],
      ['RetransSegs', 117, 4, 9085],
    ]);
    expect(problems).toEqual([]);
  });

  it('reports a line that was cut', () => {
    expect(
      parseNetCounters('TcpExt: ListenOverflows ListenDrops\nTcpExt: 7\n').problems.map(({ line }) => line),
    ).toEqual([2]);
  });
});
