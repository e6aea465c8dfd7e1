import { describe, expect, it } from 'vitest';
import { parseStrace } from '../../../src/probes/strace.ts';
import { watchedCalls } from '../../../src/tracers/log/calls.ts';
import { type LogOptions, writeLog } from '../../../src/tracers/log/log-text.ts';
import { RecordStore } from '../../../src/tracers/log/record-store.ts';
import { type FakeRecord, recordBytes, sourceOf } from './memory.ts';

const CALLS = watchedCalls('x64');
const NUMBER = Object.fromEntries(CALLS.map(({ name, number }) => [name, number]));
/** CLOCK_MONOTONIC stood at 5 s. */
const BOOT_US = 1_700_000_000_000_000 - 5_000_000;

function log(records: readonly FakeRecord[], options: Partial<LogOptions> = {}) {
  const store = new RecordStore(64 << 20, 1_000_000);
  store.takeFrom(sourceOf(records.map(recordBytes)));
  return writeLog(store, { calls: CALLS, epochOffsetUs: BOOT_US, open: [], maxBytes: 1 << 30, ...options });
}

const at = (us: number, lastedUs: number) => ({
  startNs: 5e9 + us * 1000,
  endNs: 5e9 + (us + lastedUs) * 1000,
});

/** One call of each kind, and the line that strace -f -ttt -T prints for it. */
const LINES: readonly [FakeRecord, string][] = [
  [
    { ...at(123_456, 5415), number: NUMBER.fdatasync!, result: 0, args: [7] },
    '[pid 9085] 1700000000.123456 fdatasync(7) = 0 <0.005415>',
  ],
  [
    { ...at(0, 71), number: NUMBER.read!, result: 6, args: [8, 0x7ffd_0000n, 16384], payload: 'PING\r\n' },
    String.raw`[pid 9085] 1700000000.000000 read(8, "PING\r\n", 16384) = 6 <0.000071>`,
  ],
  [
    { ...at(1, 2), number: NUMBER.read!, result: 900, args: [8, 0x7ffd_0000n, 16384], payload: '*2' },
    '[pid 9085] 1700000000.000001 read(8, "*2"..., 16384) = 900 <0.000002>',
  ],
  [
    { ...at(1, 2), number: NUMBER.read!, result: -11, args: [8, 0x7ffd_0010n, 16384] },
    '[pid 9085] 1700000000.000001 read(8, 0x7ffd0010, 16384) = -1 EAGAIN <0.000002>',
  ],
  [
    { ...at(1, 2), number: NUMBER.read!, result: -512, args: [8, 0x7ffd_0010n, 16384] },
    '[pid 9085] 1700000000.000001 read(8, 0x7ffd0010, 16384) = ? ERESTARTSYS <0.000002>',
  ],
  [
    { ...at(1, 2), number: NUMBER.writev!, result: 12, args: [8, 0x10, 3], payload: '$5\r\nhello\r\n' },
    String.raw`[pid 9085] 1700000000.000001 writev(8, [{iov_base="$5\r\nhello\r\n"..., iov_len=12}], 3) = 12 <0.000002>`,
  ],
  [
    { ...at(1, 2), number: NUMBER.sendmsg!, result: 5, args: [8, 0x10, 0x4000], payload: '+OK\r\n' },
    String.raw`[pid 9085] 1700000000.000001 sendmsg(8, {msg_iov=[{iov_base="+OK\r\n", iov_len=5}]}, 0x4000) = 5 <0.000002>`,
  ],
  [
    {
      ...{ ...at(1, 2), number: NUMBER.openat!, result: 7 },
      ...{ args: [-100, 0x10, 0x441, 0o644], payload: '/data/appendonly.aof' },
    },
    '[pid 9085] 1700000000.000001 openat(AT_FDCWD, "/data/appendonly.aof", 0x441, 0x1a4) = 7 <0.000002>',
  ],
  [
    { ...at(1, 2), number: NUMBER.clone!, result: 99, args: [0x3d0f00, 0x10, 0, 0] },
    '[pid 9085] 1700000000.000001 clone(flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|0x3c0000, 0x10, 0, 0) = 99 <0.000002>',
  ],
  [
    {
      ...{ ...at(1, 2), number: NUMBER.clone3!, result: 99, args: [0x10, 88] },
      payload: Uint8Array.from([0, 1, 1, 0, 0, 0, 0, 0]),
    },
    '[pid 9085] 1700000000.000001 clone3({flags=CLONE_VM|CLONE_THREAD|0x0}, 88) = 99 <0.000002>',
  ],
  [
    { ...at(1, 1_000_000), number: NUMBER.epoll_wait!, result: 0, args: [5, 0x7f00, 10128, -1] },
    '[pid 9085] 1700000000.000001 epoll_wait(5, 0x7f00, 10128, -1) = 0 <1.000000>',
  ],
];

describe('writeLog', () => {
  it.each(LINES)('%#: a line in the style of strace', (record, line) => {
    const { text, lines } = log([record]);
    expect(text).toBe(`${line}\n`);
    expect(lines).toBe(1);
    const { items, problems } = parseStrace(text.trimEnd());
    expect(problems).toEqual([]);
    expect(items).toMatchObject([{ kind: 'syscall', tid: 9085 }]);
  });

  it('is read back by the parser of strace: the same call, field by field', () => {
    const payload = '*3\r\n$4\r\nSADD\r\n$1\r\ns\r\n$3\r\n\0\xff"\r\n';
    const { text } = log([
      {
        ...at(10, 71),
        tid: 9090,
        number: NUMBER.write!,
        result: payload.length,
        args: [8, 1, payload.length],
        payload,
      },
    ]);
    expect(parseStrace(text.trimEnd()).items).toEqual([
      {
        kind: 'syscall',
        line: 1,
        text: text.trimEnd(),
        clock: '1700000000.000010',
        startUs: 1_700_000_000_000_010,
        tid: 9090,
        name: 'write',
        fd: 8,
        args: expect.stringMatching(/^8, ".*", 30$/),
        result: 30,
        durationUs: 71,
        payload,
      },
    ]);
  });

  it('stands in the order in which the calls began, whenever they ended', () => {
    const { text } = log([
      { ...at(30, 1), tid: 1, number: NUMBER.close!, result: 0, args: [3] },
      { ...at(10, 500), tid: 2, number: NUMBER.fsync!, result: 0, args: [7] },
      { ...at(20, 1), tid: 1, number: NUMBER.close!, result: 0, args: [4] },
    ]);
    expect(text.match(/\w+\(\d\)/g)).toEqual(['fsync(7)', 'close(4)', 'close(3)']);
  });

  it('shows calls that did not return, where they began', () => {
    const open = { startNs: 5e9 + 15_000, tid: 3, pid: 9085, number: NUMBER.fdatasync!, firstArgument: 7 };
    const wait = { startNs: 5e9 + 90_000, tid: 1, pid: 9085, number: NUMBER.epoll_wait!, firstArgument: -1 };
    const { text, lines, threads } = log(
      [
        { ...at(10, 1), tid: 1, number: NUMBER.close!, result: 0, args: [3] },
        { ...at(20, 1), tid: 1, number: NUMBER.close!, result: 0, args: [4] },
      ],
      { open: [wait, open] },
    );
    expect(text.split('\n')[1]).toBe('[pid 3] 1700000000.000015 fdatasync(7 <unfinished ...>');
    expect(text.split('\n')[3]).toBe('[pid 1] 1700000000.000090 epoll_wait( <unfinished ...>');
    expect(lines).toBe(4);
    expect(new Map(threads)).toEqual(
      new Map([
        [1, 9085],
        [3, 9085],
      ]),
    );
    const { items, problems } = parseStrace(text.trimEnd());
    expect(problems).toEqual([]);
    expect(items[1]).toMatchObject({ name: 'fdatasync', fd: 7, tid: 3 });
    expect(items[1]).toHaveProperty('result', undefined);
  });

  it('ends at its limit, and says how many calls are missing', () => {
    const records = Array.from({ length: 100 }, (_, each) => ({
      ...{ ...at(each, 1), number: NUMBER.close!, result: 0, args: [3] },
    }));
    const { text, lines, cut } = log(records, { maxBytes: 1000 });
    expect(text.length).toBeLessThan(1200);
    expect(lines + cut).toBe(100);
    expect(cut).toBeGreaterThan(50);
  });

  it('is empty when nothing was seen', () => {
    expect(log([])).toMatchObject({ text: '', lines: 0, cut: 0, threads: [] });
  });
});
