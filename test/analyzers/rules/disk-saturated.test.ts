import { describe, expect, it } from 'vitest';
import { iostatText, outputs } from '../../support/tool-output.ts';
import { findingOf, judges, verdictFor } from './table.ts';

const ID = 'disk-saturated';
const disks = (...each: Parameters<typeof iostatText>[0]) => outputs({ iostat: iostatText(each) });

judges(ID, {
  fires: {
    'a long queue on a busy disk': () => disks({ queue: 32, util: 99 }),
    'one of several disks': () => disks({ device: 'sda' }, { device: 'sdb', queue: 8, util: 100 }),
  },
  spares: {
    'the case: writes, no queue, no utilisation': () => disks({}),
    'busy with one request after another': () => disks({ queue: 1, util: 99, await: 7 }),
    'a queue that is long at times': () => disks({ queue: 4.3, util: 74 }),
    'a short queue': () => disks({ queue: 2, util: 60 }),
    'an idle disk': () => disks({ writes: 0 }),
    'saturated since boot, not now': () =>
      outputs({
        iostat: `${iostatText([{ queue: 32, util: 99 }])}\n${iostatText([{ queue: 0.1, util: 5 }])}`,
      }),
  },
  cannotTell: {
    'no reading': () => ({}),
    'iostat without -x': () =>
      outputs({
        iostat: 'Device  tps  kB_read/s  kB_wrtn/s  kB_read  kB_wrtn\nsda  492.00  0.00  2672.00  0  2672\n',
      }),
  },
});

describe('what it says', () => {
  it('names the disk and its queue', () => {
    expect(findingOf(ID, disks({ device: 'nvme0n1', queue: 9, util: 97 }))).toMatchObject({
      title: 'Disk nvme0n1 is saturated',
      measures: { queue: { value: 9 }, utilisation: { value: 97 } },
    });
  });

  it('does not call a long queue short', () => {
    expect(verdictFor(ID, disks({ queue: 4.3, util: 74 }))).toMatchObject({
      because: expect.stringContaining('its queue is long at times, but it also rests'),
    });
  });

  it('says of a disk that one thread keeps busy that its queue is short', () => {
    expect(verdictFor(ID, disks({ queue: 1, util: 99 }))).toMatchObject({
      because: expect.stringContaining('busy, but its queue is short'),
    });
  });
});
