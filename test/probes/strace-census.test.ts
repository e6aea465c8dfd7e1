import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrace } from '../../src/probes/strace.ts';
import { BLOCK_BYTES, END_AT, LINE_END, PAGES } from '../../src/probes/strace-kernel/layout.ts';
import { type Kernel, plainKernel, simdKernel } from '../../src/probes/strace-kernel.ts';
import { type LargeLog, LargeLogReader } from '../../src/probes/strace-large.ts';
import { Tally } from '../../src/probes/strace-tally.ts';
import { fixtures } from './fixtures.ts';

const LOGS = fixtures()
  .filter(({ probe }) => probe.name === 'strace')
  .map(({ name, text }) => ({ name, text }));

/** Feeds the bytes in parts of these lengths, round and round. */
function readLarge(bytes: Uint8Array, lengths: readonly number[] = [BLOCK_BYTES], kernel?: Kernel): LargeLog {
  const reader = new LargeLogReader(kernel);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const { room } = reader;
    const length = Math.min(room.length, lengths[turn % lengths.length]!, bytes.length - at);
    room.set(bytes.subarray(at, at + length));
    reader.pushed(length);
    at += length;
  }
  return reader.finish();
}

/** What the census must say, out of the parser that rebuilds every call. */
function counted(text: string) {
  const { items, problems } = parseStrace(text);
  const byName = new Map<string, { calls: number; us: number; errors: number }>();
  let calls = 0;
  for (const item of items) {
    if (item.kind !== 'syscall') continue;
    calls++;
    const count = byName.get(item.name) ?? { calls: 0, us: 0, errors: 0 };
    byName.set(item.name, count);
    count.calls++;
    count.us += item.durationUs ?? 0;
    if (item.errno !== undefined) count.errors++;
  }
  return { calls, byName, problems: problems.map(({ line, reason }) => ({ line, reason })) };
}

function summaryOf({ census }: LargeLog) {
  return {
    calls: census.calls,
    byName: new Map(
      census.byName.map(({ name, calls, seconds = 0, errors }) => [
        name,
        { calls, us: Math.round(seconds * 1e6), errors },
      ]),
    ),
    problems: census.problems.map(({ line, reason }) => ({ line, reason })),
  };
}

const at = (us: number) => (1_700_000_000 + us / 1e6).toFixed(6);

/** Two threads, whose calls are split in two; a message of strace; failures. */
function busyLog(rounds: number, prefix: (tid: number, us: number) => string): string {
  const lines: string[] = ['strace: Process 9085 attached with 2 threads'];
  for (let round = 0; round < rounds; round++) {
    const us = round * 1000;
    lines.push(
      `${prefix(9086, us)}futex(0x55c3, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>`,
      `${prefix(9085, us + 100)}read(8, "*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\n${round % 10}\\r\\n", 16384) = 20 <0.000012>`,
      `${prefix(9085, us + 150)}write(9, "$1\\r\\n1\\r\\n", 7) = 7 <0.000034>`,
      `${prefix(9085, us + 200)}fdatasync(7)  = 0 <0.00${1000 + (round % 900)}>`,
      `${prefix(9085, us + 250)}accept4(6, 0x7ffd, [128], SOCK_CLOEXEC) = -1 EAGAIN (Resource temporarily unavailable) <0.000005>`,
      `${prefix(9086, us + 400)}<... futex resumed>) = -1 EAGAIN (Resource temporarily unavailable) <0.000300>`,
      `${prefix(9086, us + 500)}poll([{fd=5, events=POLLIN}], 1, 0) = 1 ([{fd=5, revents=POLLIN}]) <0.000007>`,
      `${prefix(9086, us + 510)}nanosleep({tv_sec=12, tv_nsec=0}, NULL) = 0 <12.000123>`,
    );
    if (round % 50 === 0) lines.push(`${prefix(9086, us + 600)}--- SIGCHLD {si_signo=SIGCHLD} ---`);
    if (round % 70 === 0) lines.push(`${prefix(9086, us + 700)}<... read resumed>"", 1) = 0 <0.000001>`);
  }
  return `${lines.join('\n')}\n`;
}

const SHAPES: readonly (readonly [string, (tid: number, us: number) => string])[] = [
  ['-f -ttt to the terminal', (tid, us) => `[pid ${String(tid).padStart(5)}] ${at(us)} `],
  ['-f -ttt into a file', (tid, us) => `${tid}  ${at(us)} `],
  [
    '-f -tt past midnight',
    (tid, us) => {
      const seconds = (86_399 + Math.floor(us / 1e6)) % 86_400;
      const part = (value: number) => String(Math.floor(value)).padStart(2, '0');
      return `[pid ${tid}] ${part(seconds / 3600)}:${part((seconds / 60) % 60)}:${part(seconds % 60)}.${String(us % 1e6).padStart(6, '0')} `;
    },
  ],
];

describe('the census of a long log', () => {
  it.each(LOGS)('counts what the whole parser reads: $name', ({ text }) => {
    expect(summaryOf(readLarge(Buffer.from(text)))).toEqual(counted(text));
  });

  it.each(SHAPES)('counts split calls and failures: %s', (_name, prefix) => {
    const text = busyLog(2500, prefix);
    const large = readLarge(Buffer.from(text));
    expect(summaryOf(large)).toEqual(counted(text));
    expect(large.census.threads).toBe(2);
    expect(large.census.seconds).toBeCloseTo(2.499 + 12.000633, 3);
    expect(large.census.syncs).toMatchObject({ calls: 2500, maxUs: 1899 });
    // Half of them took less than 1416 µs.
    expect(Math.abs(large.census.syncs!.p50Us - 1416)).toBeLessThan(1416 * 0.02);
  });

  it('says the same however the bytes arrive', () => {
    const bytes = Buffer.from(`${LOGS.map(({ text }) => text).join('\n')}\n${busyLog(2500, SHAPES[0]![1])}`);
    const whole = readLarge(bytes);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 20 }),
        (lengths) => {
          expect(readLarge(bytes, lengths)).toEqual(whole);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('counts what the whole parser reads of a log whose lines were cut, mixed and doubled', () => {
    const lines = [...LOGS.map(({ text }) => text), busyLog(20, SHAPES[1]![1])].join('\n').split('\n');
    const line = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...lines) },
      fc.constantFrom(...lines).chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))),
      fc.string({ maxLength: 80 }).map((text) => text.replaceAll('\n', ' ')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (drawn) => {
        const text = drawn.join('\n');
        const { calls, byName } = summaryOf(readLarge(Buffer.from(text)));
        const expected = counted(text);
        expect(calls).toBe(expected.calls);
        expect([...byName.keys()].sort()).toEqual([...expected.byName.keys()].sort());
        for (const [name, count] of expected.byName) expect(byName.get(name)).toEqual(count);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps evidence at the lines of the whole log, and marks what lies between', () => {
    const text = busyLog(20_000, SHAPES[0]![1]);
    const lines = text.split('\n');
    const { items, census } = readLarge(Buffer.from(text));
    expect(census.detail.calls).toBeLessThan(census.calls / 4);
    expect(census.detail.calls).toBeGreaterThan(1000);
    const gaps = items.filter((item) => item.kind === 'trace-event' && item.event === 'gap');
    expect(gaps.length).toBeGreaterThanOrEqual(census.detail.stretches - 1);
    for (const item of items) if (item.text !== '...') expect(lines[item.line - 1]).toBe(item.text);
  });

  it('looks closely where something stands out', () => {
    const usual = busyLog(20_000, SHAPES[0]![1]).split('\n');
    usual.splice(101_000, 0, `[pid  9085] ${at(15e6)} write(9, "x", 1) = 1 <3.500000>`);
    const { items } = readLarge(Buffer.from(usual.join('\n')));
    expect(items.some((item) => item.line === 101_001 && item.text.includes('<3.500000>'))).toBe(true);
  });

  it('knows what a descriptor was opened as, long before the stretch', () => {
    const head = `[pid  9085] ${at(0)} openat(AT_FDCWD, "/data/appendonly.aof", O_WRONLY|O_APPEND) = 77 <0.000021>\n`;
    const filler = busyLog(20_000, SHAPES[0]![1]).split('\n');
    // The opening stands in a block that is not in the sample.
    const text = [...filler.slice(0, 5000), head.trimEnd(), ...filler.slice(5000)].join('\n');
    const { items } = readLarge(Buffer.from(text));
    expect(items.find((item) => item.kind === 'syscall' && item.name === 'openat')).toMatchObject({
      line: 5001,
      result: 77,
    });
  });
});

describe('hostile logs', () => {
  it.each([
    ['one line without an end', Buffer.alloc(3 * BLOCK_BYTES, 'x')],
    ['zero bytes', Buffer.alloc(2 * BLOCK_BYTES)],
    ['line ends only', Buffer.alloc(BLOCK_BYTES + 5, '\n')],
    ['nothing', Buffer.alloc(0)],
  ])('%s: no call, no crash', (_name, bytes) => {
    const { census, items } = readLarge(bytes);
    expect(census.calls).toBe(0);
    expect(census.bytes).toBe(bytes.length);
    expect(items.filter((item) => item.kind === 'syscall')).toEqual([]);
  });

  it('a line that is too long is told by its number, and the lines behind it are read', () => {
    const call = `[pid  9085] ${at(0)} close(8) = 0 <0.000009>\n`;
    const text = Buffer.concat([
      Buffer.from(call),
      Buffer.alloc(3 * BLOCK_BYTES, 'y'),
      Buffer.from(`\n${call.repeat(3)}`),
    ]);
    const { census, items } = readLarge(text);
    expect(census).toMatchObject({ calls: 4, lines: 5, unread: 1 });
    expect(census.problems[0]).toMatchObject({ line: 2 });
    expect(items.filter((item) => item.kind === 'syscall').map(({ line }) => line)).toEqual([1, 3, 4, 5]);
  });

  it('line ends of another system, and letters of several bytes', () => {
    const text = `[pid  9085] ${at(0)} close(8) = 0 <0.000009>\r\n[pid  9085] ${at(9)} write(1, "ü€😀", 9) = 9 <0.000010>\r\n`;
    expect(summaryOf(readLarge(Buffer.from(text.repeat(2000))))).toEqual(counted(text.repeat(2000)));
  });

  it('a failure whose line was cut is a failure', () => {
    const text = `[pid  9085] ${at(0)} accept(6, 0x7fff366a5700, [128]) = ? ER\n`;
    expect(summaryOf(readLarge(Buffer.from(text)))).toEqual(counted(text));
    expect(summaryOf(readLarge(Buffer.from(text))).byName.get('accept')).toMatchObject({ errors: 1 });
  });

  it('more names, threads and descriptors than anybody has', () => {
    const text = Array.from(
      { length: 6000 },
      (_, n) => `[pid ${n + 1}] ${at(n)} call_${n}(${n}) = 0 <0.000001>`,
    ).join('\n');
    const { census } = readLarge(Buffer.from(text));
    expect(census.calls).toBe(6000);
  });
});

describe('the kernel', () => {
  const both = (text: string) => {
    const bytes = Buffer.from(text);
    const quick = simdKernel();
    expect(quick).toBeDefined();
    expect(readLarge(bytes, [BLOCK_BYTES], quick)).toEqual(readLarge(bytes, [BLOCK_BYTES], plainKernel()));
  };

  it.each(LOGS)('counts what is counted without it: $name', ({ text }) => both(text));

  it.each(SHAPES)('counts what is counted without it: %s', (_name, prefix) => both(busyLog(300, prefix)));

  it('counts what is counted without it when single bytes of usual lines differ', () => {
    const lines = SHAPES.flatMap(([, prefix]) => busyLog(3, prefix).split('\n'));
    const other = fc.constantFrom(...' 0159:.,-=()<>[]{}"\\ap\t\r');
    const line = fc
      .tuple(fc.constantFrom(...lines), fc.nat(160), other)
      .map(([text, at, byte]) => `${text.slice(0, at)}${byte}${text.slice(at + 1)}`);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (drawn) => both([...lines, ...drawn].join('\n'))),
      { numRuns: 300 },
    );
  });

  it('leaves the lines of threads and names that it has not been told', () => {
    const kernel = simdKernel()!;
    const tally = new Tally(kernel.bytes.buffer);
    const text = `[pid  9085] ${at(0)} read(8, "", 10) = 0 <0.000071>\n`;
    kernel.bytes.set(Buffer.from(text.repeat(3)));
    expect(kernel.count(0, 3 * text.length)).toBe(0);
    expect(tally.state[LINE_END]).toBe(text.length - 1);
    tally.threadOf(9085);
    tally.names.idFor('read');
    expect(kernel.count(0, 3 * text.length - 1)).toBe(2 * text.length);
    expect(tally.state[LINE_END]).toBe(-1);
    expect(tally.lines).toBe(2);
  });

  it('is what its source compiles to', () => {
    const made = execFileSync(process.execPath, ['scripts/strace-kernel.mjs', '--print'], {
      encoding: 'utf8',
    });
    expect(readFileSync('src/probes/strace-kernel/module.ts', 'utf8')).toBe(made);
  });

  it('has room for all counters', () => {
    expect(END_AT).toBeLessThanOrEqual(PAGES * 65_536);
    expect(plainKernel().bytes.buffer.byteLength).toBe(simdKernel()!.bytes.buffer.byteLength);
  });
});
