import { describe, expect, it } from 'vitest';
import { reading } from '../../support/readings.ts';
import { type Disk, iostatText } from '../../support/tool-output.ts';
import { reportOf, TraceLog } from '../../support/trace-log.ts';
import { findingOf, judges, type Shown, verdictFor } from './table.ts';

const ID = 'noisy-disk-neighbour';

interface Scene {
  readonly syncUs?: number;
  /** Between two lines of the logger. */
  readonly pauseUs?: number;
  readonly disks?: readonly Disk[];
  /** Of the neighbour. */
  readonly kib?: number;
  readonly command?: string;
  /** "8,1", or empty where its files were not looked at. */
  readonly device?: string;
}

/** A logger that syncs each line to sda (8:0), and python3, which writes somewhere. */
function logger({ syncUs = 8000, pauseUs = 20_000, ...rest }: Scene = {}): Shown {
  const { disks = [{ queue: 1.6, util: 97 }], kib = 2600, command = 'python3', device = '8,0' } = rest;
  const log = new TraceLog({ syncUs }).times(40, (each) => each.wait(pauseUs).write(7, 'a line\n').sync());
  const lsof = (rows: readonly string[]) =>
    ['COMMAND    PID  USER   FD      TYPE DEVICE SIZE/OFF     NODE NAME', ...rows, ''].join('\n');
  return {
    log,
    outputs: [
      { source: 'iostat', probe: 'iostat', text: iostatText(disks) },
      {
        ...{ source: 'pidstat', probe: 'pidstat' },
        text: [
          '12:49:35      UID       PID   kB_rd/s   kB_wr/s kB_ccwr/s iodelay  Command',
          '12:49:36        0      9085      0.00    120.00      0.00       0  node',
          `12:49:36        0      9181      0.00   ${kib.toFixed(2)}      0.00       0  ${command}`,
          '',
        ].join('\n'),
      },
      {
        ...{ source: 'lsof', probe: 'lsof' },
        text: lsof(['node       9085  root    7w      REG    8,0     3287       12 /data/log']),
      },
      ...(device === ''
        ? []
        : [
            {
              ...{ source: 'lsof of others', probe: 'lsof' },
              text: lsof([
                `${command}    9181  root    3w      REG    ${device} 16777216       13 /data/big`,
              ]),
            },
          ]),
      reading('proc', 1000, {
        '/proc/diskstats': '   8       0 sda 1 0 8 1 1 0 8 1 0 1 1\n   8      16 sdb 1 0 8 1 1 0 8 1 0 1 1',
      }),
    ],
  };
}
const unknownFiles = { device: '' };
/** sda moves this many KiB a second, of which pidstat shows the kernel's own threads. */
const byTheKernel = (kib: number) =>
  logger({ command: 'kworker/u8:1', kib, disks: [{ queue: 1.6, util: 97, writeKib: kib + 120 }] });

judges(ID, {
  fires: {
    'python3 writes on the same disk': () => logger(),
    'another process of the same program': () => logger({ command: 'node' }),
    'its files were not looked at, and there is one disk': () => logger({ ...unknownFiles }),
  },
  spares: {
    'the neighbour uses another disk': () =>
      logger({ device: '8,16', disks: [{ queue: 1.6, util: 97 }, { device: 'sdb' }] }),
    'threads of the kernel move a little': () => byTheKernel(2000),
    'a neighbour that writes little': () => logger({ kib: 600 }),
    'a disk that is slow by itself': () => logger({ kib: 2600, disks: [{ queue: 0.28, util: 28 }] }),
    'a logger without pause keeps the queue at one': () =>
      logger({ pauseUs: 0, disks: [{ queue: 1.1, util: 99 }] }),
    'syncs are quick nevertheless': () => logger({ syncUs: 300 }),
    'a thread of the kernel, which writes for others': () =>
      logger({ command: 'kworker/0:1', ...unknownFiles }),
  },
  cannotTell: {
    'threads of the kernel move nearly all of it': () => byTheKernel(190_000),
    'a child of its own, which writes a snapshot or a rewrite': () => ({
      ...logger({ command: 'node' }),
      log: new TraceLog({ syncUs: 8000 })
        .call('clone', 'child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD', 9200, 900)
        .times(40, (each) => each.wait(20_000).write(7, 'a line\n').sync()),
    }),
    'no log': () => ({}),
    'no file on a disk': () => ({ log: logger().log! }),
    'which of two disks it writes to is not known': () =>
      logger({ ...unknownFiles, disks: [{ queue: 1.6, util: 97 }, { device: 'sdb' }] }),
    'nobody read who writes': () => ({
      ...logger(),
      outputs: logger().outputs!.filter(({ probe }) => probe !== 'pidstat'),
    }),
  },
});

describe('what it says', () => {
  it('names who writes, how much, and its file', () => {
    const { title, why, evidence } = findingOf(ID, logger());
    expect(title).toBe('python3 (9181) keeps the disk busy that the process waits for');
    expect(why).toContain('python3 (9181) moved 2600 of 2672 KiB/s on sda (97 %)');
    expect(evidence.map(({ source }) => source)).toEqual(
      expect.arrayContaining(['pidstat', 'iostat', 'lsof of others', 'lsof']),
    );
  });

  it('is the one cause: few small syncs and a full disk are its symptoms', () => {
    const { log, ...rest } = logger({ disks: [{ queue: 6, util: 99 }] });
    expect(reportOf(log, rest).findings.map(({ id }) => id)).toEqual([ID]);
  });

  it('rules it out with its number', () => {
    expect(verdictFor(ID, logger({ kib: 600 }))).toMatchObject({
      because: 'nobody else moved half of what sda moved (2672 KiB/s)',
    });
  });
});
