import type { Parsed } from '../../core/capture.ts';
import type { CgroupValueObservation } from '../../core/observation.ts';
import { isDecoration, type Line, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present, whole } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * Limits and counters of a control group.
 * v2: https://docs.kernel.org/admin-guide/cgroup-v2.html
 *
 *   cpu.max      50000 100000                    quota and period in µs, or "max 100000"
 *   cpu.stat     nr_throttled 53                 one counter a line; throttled_usec
 *   io.max       8:16 rbps=2097152 wbps=max riops=max wiops=120
 *   io.stat      8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0
 *   memory.max   536870912                       or "max"
 *   memory.pressure   full avg10=0.00 avg60=0.00 avg300=0.00 total=11220657      µs
 *
 * v1: https://docs.kernel.org/admin-guide/cgroup-v1/blkio-controller.html, https://docs.kernel.org/scheduler/sched-bwc.html
 *
 *   cpu.cfs_quota_us                      50000  -1 is no limit
 *   cpu.stat                              throttled_time 2712345678     nanoseconds
 *   blkio.throttle.write_iops_device      8:16 120
 *   blkio.throttle.io_serviced            8:16 Write 353
 */

type Read = (words: readonly string[]) => Fields[] | undefined;
type Fields = Pick<CgroupValueObservation, 'name' | 'device' | 'value'>;

const NO_LIMIT = new Set(['max', '-1']);
/** cgroup v1 has no word for "no limit" of memory: a number near 2^63 stands for it. */
const NO_LIMIT_FROM = 2 ** 60;

const COUNTER: Read = ([name, count]) => {
  const value = whole(count);
  return name === undefined || value === undefined ? undefined : [{ name, value }];
};
const one =
  (name: string): Read =>
  ([word]) =>
    limit(name, word);
const QUOTA: Read = ([quota, period]) => {
  const both = [limit('quota', quota), limit('period', period)];
  return both.every((each) => each !== undefined) ? both.flat() : undefined;
};
/** "8:16 rbps=2097152 wbps=max" */
const PAIRS: Read = ([device, ...pairs]) => {
  if (!isDevice(device)) return undefined;
  return pairs.flatMap((pair) => {
    const [name, word] = pair.split('=', 2);
    return (limit(name!, word) ?? []).map((fields) => ({ device, ...fields }));
  });
};
/** "8:16 120"; a line for each device that has a limit. */
const OF_DEVICE: Read = ([device, word]) =>
  isDevice(device) ? limit('value', word)?.map((fields) => ({ device, ...fields })) : undefined;
/** "8:16 Write 353"; the last line "Total 353" sums all devices. */
const SERVICED: Read = ([device, name, count]) => {
  const value = whole(count);
  if (device === 'Total') return [];
  return isDevice(device) && name !== undefined && value !== undefined
    ? [{ device, name, value }]
    : undefined;
};

/** "full avg10=0.00 avg60=0.00 avg300=0.00 total=11220657": the sum alone, which differences are made of. */
const PRESSURE: Read = ([scope, ...pairs]) => {
  const total = pairs.find((pair) => pair.startsWith('total='));
  const value = whole(total?.slice('total='.length));
  return (scope === 'some' || scope === 'full') && value !== undefined ? [{ name: scope, value }] : undefined;
};

const FILES: Readonly<Record<string, Read>> = {
  'cpu.max': QUOTA,
  'cpu.stat': COUNTER,
  'cpu.cfs_quota_us': one('quota'),
  'cpu.cfs_period_us': one('period'),
  'io.max': PAIRS,
  'io.stat': PAIRS,
  'blkio.throttle.read_iops_device': OF_DEVICE,
  'blkio.throttle.write_iops_device': OF_DEVICE,
  'blkio.throttle.read_bps_device': OF_DEVICE,
  'blkio.throttle.write_bps_device': OF_DEVICE,
  'blkio.throttle.io_serviced': SERVICED,
  'blkio.throttle.io_service_bytes': SERVICED,
  'memory.max': one('value'),
  'memory.limit_in_bytes': one('value'),
  'memory.current': one('value'),
  'memory.usage_in_bytes': one('value'),
  'memory.failcnt': one('value'),
  'memory.events': COUNTER,
  'memory.pressure': PRESSURE,
};

/** Which files of a group are read, v1 and v2. */
export const CGROUP_FILES: readonly string[] = Object.keys(FILES);

/** What one file of a group holds; undefined for a file that nobody here reads. Never throws. */
export function parseCgroupFile(path: string, text: string): Parsed<CgroupValueObservation> | undefined {
  const at = path.lastIndexOf('/');
  const file = path.slice(at + 1);
  if (at < 0 || !Object.hasOwn(FILES, file)) return undefined;
  const items: CgroupValueObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const found = FILES[file]!(line.text.trim().split(/\s+/));
    if (!found) notes.add(line, `no line of ${file}`);
    for (const fields of found ?? []) items.push(observation(line, path.slice(0, at), file, fields));
  }
  return { items, problems: notes.done() };
}

function observation(line: Line, group: string, file: string, fields: Fields): CgroupValueObservation {
  return { kind: 'cgroup-value', ...seen(line), group, file, ...fields };
}

function limit(name: string, word: string | undefined): Fields[] | undefined {
  if (NO_LIMIT.has(word ?? '')) return [{ name }];
  if (word === undefined || !/^\d{1,20}$/.test(word)) return undefined;
  return [{ name, ...present({ value: Number(word) >= NO_LIMIT_FROM ? undefined : Number(word) }) }];
}

function isDevice(word: string | undefined): word is string {
  return /^\d{1,7}:\d{1,7}$/.test(word ?? '');
}
