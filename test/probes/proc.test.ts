import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpuShares, parseCpuTicks } from '../../src/probes/proc/cpu.ts';
import { diskRates, parseDiskstats } from '../../src/probes/proc/diskstats.ts';
import { parseDescriptors } from '../../src/probes/proc/fd.ts';
import { mountOf, parseMountinfo } from '../../src/probes/proc/mountinfo.ts';
import { parseTcp } from '../../src/probes/proc/net-tcp.ts';
import {
  listProcesses,
  listThreads,
  networkNamespace,
  readDescriptors,
  readProc,
} from '../../src/probes/proc/read.ts';
import { socketsOf } from '../../src/probes/proc/sockets.ts';
import { parseProcStat } from '../../src/probes/proc/stat.ts';
import { parseProcStatus } from '../../src/probes/proc/status.ts';
import { captureProc, parseProc, procFiles } from '../../src/probes/proc.ts';

describe('cpuShares', () => {
  const read = (text: string) => parseCpuTicks(text).items;

  it('is what each CPU did between two readings', () => {
    const before = read('cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 100 10 50 1000 200 0 5 0 0 0\nintr 1 2 3\n');
    const after = read('cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 110 10 60 1020 260 0 5 0 0 0\n');
    expect(cpuShares(before, after)).toEqual([
      expect.objectContaining({
        cpu: '0',
        line: 2,
        ticks: 100,
        userPercent: 10,
        systemPercent: 10,
        idlePercent: 20,
        iowaitPercent: 60,
        stealPercent: 0,
      }),
    ]);
  });

  it('counts an iowait that ran backwards as none, and leaves out a CPU that came or went', () => {
    const before = read('cpu0 1 0 0 0 50\ncpu1 1 0 0 0 0\n');
    const [share, ...rest] = cpuShares(before, read('cpu0 2 0 0 0 40\ncpu2 5 0 0 0 0\n'));
    expect(share).toMatchObject({ cpu: '0', userPercent: 100, iowaitPercent: 0 });
    expect(share).not.toHaveProperty('stealPercent');
    expect(rest).toEqual([]);
  });
});

describe('diskRates', () => {
  const read = (text: string) => parseDiskstats(text).items;
  const before = '   8       0 sda 100 0 800 50 1000 0 8000 1000 0 500 1050 0 0 0 0 10 5\n';

  it("has iostat's meaning of each figure", () => {
    const after = '   8       0 sda 100 0 800 50 1492 0 13344 1866 0 1096 1916 0 0 0 0 128 831\n';
    const [disk] = diskRates(read(before), read(after), 1000);
    expect(disk).toMatchObject({
      device: 'sda',
      readsPerSec: 0,
      writesPerSec: 492,
      writeKibPerSec: 2672,
      writeAwaitMs: 866 / 492,
      flushesPerSec: 118,
      flushAwaitMs: 7,
      queueSize: 0.866,
      utilPercent: 59.6,
    });
    // No read ended, so none waited.
    expect(disk).not.toHaveProperty('readAwaitMs');
  });

  it('leaves out a disk that began anew, and knows no flushes on old kernels', () => {
    expect(diskRates(read(before), read('   8       0 sda 0 0 0 0 0 0 0 0 0 0 0\n'), 1000)).toEqual([]);
    const [disk] = diskRates(
      read('8 0 sda 1 0 0 0 1 0 0 0 0 0 0\n'),
      read('8 0 sda 2 0 0 4 1 0 0 0 0 4 4\n'),
      2000,
    );
    expect(disk).toMatchObject({ readsPerSec: 0.5, readAwaitMs: 4, awaitMs: 4 });
    expect(disk).not.toHaveProperty('flushesPerSec');
    expect(disk).not.toHaveProperty('writeAwaitMs');
  });

  it('answers nothing for no time', () => {
    expect(diskRates(read(before), read(before), 0)).toEqual([]);
  });
});

describe('files of a process', () => {
  it('a name may hold brackets and blanks', () => {
    const rest = 'S 1 1 1 0 -1 0 0 0 0 0 7 8 0 0 20 0 4 0 99 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 412 0';
    const [item] = parseProcStat(`9085 (a) S (b c) ${rest}\n`).items;
    expect(item).toMatchObject({
      pid: 9085,
      comm: 'a) S (b c',
      state: 'S',
      userTicks: 7,
      systemTicks: 8,
      threads: 4,
    });
  });

  it('I/O delay is absent where the kernel does not count it', () => {
    const rest = 'S 1 1 1 0 -1 0 0 0 0 0 7 8 0 0 20 0 4 0 99 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0';
    expect(parseProcStat(`1 (a) ${rest}`).items[0]).toHaveProperty('blockIoTicks', 0);
    expect(parseProcStat(`1 (a) ${rest}`, { delayAccounting: false }).items[0]).not.toHaveProperty(
      'blockIoTicks',
    );
  });

  it('status tells who traces', () => {
    const text =
      'Name:\tredis-server\nState:\tt (tracing stop)\nTracerPid:\t4711\nUid:\t0\t100\t0\t0\nNSpid:\t9085\t1\n';
    expect(parseProcStatus(text).items).toEqual([
      expect.objectContaining({ state: 't', tracerPid: 4711, uid: 100, nsPids: [9085, 1] }),
    ]);
    expect(parseProcStatus('nothing here').items).toEqual([]);
  });

  it('descriptors are read from ls -l as well', () => {
    const text =
      'total 0\nlrwx------ 1 root root 64 Dec 23 14:20 8 -> socket:[15448709]\nl-wx------ 7 -> /a -> b (deleted)\n';
    expect(parseDescriptors(text, 9085).items).toEqual([
      expect.objectContaining({ pid: 9085, fd: 8, access: 'u', type: 'sock', inode: 15_448_709 }),
      expect.objectContaining({ fd: 7, access: 'w', name: '/a -> b', deleted: true }),
    ]);
  });

  it('the mount of a path is the longest above it, and the last of equal ones', () => {
    const mounts = parseMountinfo(
      '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:17 / /data rw - xfs /dev/sdb1 rw\n3 1 7:0 / /data rw - ext4 /dev/loop0 rw\n',
    ).items;
    expect(mountOf('/data/appendonly.aof', mounts)?.device).toBe('7:0');
    expect(mountOf('/database', mounts)?.device).toBe('8:1');
    expect(mountOf('socket:[1]', mounts)).toBeUndefined();
  });
});

describe('addresses', () => {
  const row = (local: string, remote: string) =>
    parseTcp(`   0: ${local} ${remote} 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n`)
      .items[0];

  it.each([
    ['0100007F:18EB', '127.0.0.1:6379'],
    ['00000000:0050', '0.0.0.0:80'],
    ['00000000000000000000000000000000:18EB', '[::]:6379'],
    ['00000000000000000000000001000000:18EB', '[::1]:6379'],
    ['0000000000000000FFFF00000100007F:18EB', '127.0.0.1:6379'],
    ['000080FE00000000FF005450A1B2C3FE:18EB', '[fe80::5054:ff:fec3:b2a1]:6379'],
    ['B80D0120010000000000000001000000:0001', '[2001:db8:0:1::1]:1'],
    ['01000200030004000500060007000800:0001', '[2:1:4:3:6:5:8:7]:1'],
  ])('%s is %s', (hex, address) => {
    const [host] = hex.split(':') as [string];
    expect(row(hex, `${'0'.repeat(host.length)}:0000`)?.localAddress).toBe(address);
  });
});

describe('reading', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'perfcase-proc-'));
    mkdirSync(join(root, '42/fd'), { recursive: true });
    mkdirSync(join(root, '42/task/42'), { recursive: true });
    mkdirSync(join(root, '42/task/43'), { recursive: true });
    mkdirSync(join(root, '42/ns'));
    writeFileSync(join(root, '42/io'), 'rchar: 5\n');
    symlinkSync('/data/a\nb', join(root, '42/fd/10'));
    symlinkSync('socket:[7]', join(root, '42/fd/9'));
    symlinkSync('net:[4026532262]', join(root, '42/ns/net'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('takes the root of /proc as a parameter', () => {
    expect(readProc('42/io', root)).toEqual({ status: 'captured', path: '42/io', text: 'rchar: 5\n' });
    expect(listThreads(42, root)).toEqual([42, 43]);
    expect(listProcesses(root)).toEqual([42]);
    expect(networkNamespace(42, root)).toBe('4026532262');
  });

  it('says why there is nothing', () => {
    expect(readProc('43/io', root)).toMatchObject({
      status: 'absent',
      reason: expect.stringContaining('43/io'),
    });
    expect(readProc('42', root)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('EISDIR'),
    });
    expect(listThreads(43, root)).toBeUndefined();
    expect(networkNamespace(43, root)).toBeUndefined();
  });

  it('lists descriptors by number, one a line', () => {
    const read = readDescriptors(42, root);
    expect(read).toMatchObject({ status: 'captured' });
    const { items, problems } = parseDescriptors(read.status === 'captured' ? read.text : '', 42);
    expect(items.map((item) => [item.fd, item.name])).toEqual([
      [9, 'socket:[7]'],
      [10, '/data/a\\nb'],
    ]);
    expect(problems).toEqual([]);
  });

  it('keeps many files in one text, with the lines where they are', () => {
    const { text, reasons } = captureProc(['42/io', '42/fd', '42/stat'], root);
    expect(reasons).toEqual([expect.stringContaining('42/stat')]);
    const lines = text.split('\n');
    const { items } = parseProc(text);
    expect(items.map((item) => item.kind)).toEqual(['proc-io', 'descriptor', 'descriptor']);
    for (const item of items) expect(item.text).toBe(lines[item.line - 1]);
  });
});

describe('this process', () => {
  it('is read whole', () => {
    const { text, reasons } = captureProc(procFiles(process.pid));
    // Pressure and IPv6 are the kernel's choice; everything else is everywhere.
    expect(reasons.filter((reason) => !/pressure|tcp6/.test(reason))).toEqual([]);
    const { items, problems } = parseProc(text);
    const kinds = new Set(items.map((item) => item.kind));
    const expected = [
      'cpu-ticks',
      'disk-counters',
      'memory',
      'vm-counter',
      'proc-io',
      'proc-stat',
      'proc-status',
    ];
    for (const kind of [...expected, 'descriptor', 'mount']) expect(kinds).toContain(kind);
    expect(problems).toEqual([]);
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'proc-status', pid: process.pid, tracerPid: 0 }),
    );
  });

  it('holds the sockets that it opened', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      expect(socketsOf(process.pid).listening.map((socket) => socket.localAddress)).toContain(
        `127.0.0.1:${port}`,
      );
    } finally {
      server.close();
    }
  });
});
