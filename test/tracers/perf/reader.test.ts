import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerfReader } from '../../../src/tracers/perf/reader.ts';
import { refusalOf } from '../../../src/tracers/perf/refusal.ts';
import { PerfStream } from '../../../src/tracers/perf/stream.ts';
import { callsOf, emptyStore, logOf, X64 } from '../log/records.ts';

const outputOf = (name: string) => readFileSync(`test/tracers/fixtures/${name}.out`, 'latin1');

function read(text: string) {
  const store = emptyStore();
  const reader = new PerfReader(store, X64);
  for (const line of text.split('\n')) reader.line(line);
  const log = logOf(store, reader.open());
  return { reader, store, log, calls: callsOf(log) };
}

describe.each(['debian12-perf6.1.187', 'debian13-perf6.12.107'])('what %s prints', (version) => {
  it('becomes a log whose calls have numbers and times, and no bytes', () => {
    const { reader, calls, log } = read(outputOf(`${version}--all-kinds`));
    expect(reader).toMatchObject({ lost: 0, strange: 0 });
    const target = calls[0]!.tid!;
    const own = calls.filter(({ tid, fd, name }) => tid === target && (fd === 3 || name === 'openat'));
    expect(own.slice(0, 9).map(({ name, result }) => [name, result])).toEqual([
      ['openat', 3],
      ['write', 30],
      ['write', 22],
      ['write', 300],
      ['writev', 224],
      ['writev', 6],
      ['fdatasync', 0],
      ['read', 64],
      ['close', 0],
    ]);
    expect(own.find(({ name }) => name === 'fdatasync')!.durationUs).toBeGreaterThan(0);
    expect(calls.every(({ payload }) => payload === undefined)).toBe(true);
    expect(calls.every(({ errno }) => errno !== 'EAGAIN')).toBe(true);
    // A forked process and a thread are followed.
    expect(new Set(calls.map(({ tid }) => tid)).size).toBeGreaterThan(2);
    expect(log).toMatch(/clock_nanosleep\( <unfinished \.\.\.>\n$/);
  });

  it('of lost events is counted, and no call is put together across them', () => {
    const text = outputOf(`${version}--lost`);
    const events = Number(/LOST lost (\d+)/.exec(text)![1]);
    const { reader, calls } = read(text);
    expect(reader.lost).toBe(Math.ceil(events / 2));
    expect(calls.length).toBeGreaterThan(2);
    expect(Math.max(...calls.map(({ durationUs }) => durationUs ?? 0))).toBeLessThan(100);
  });

  it('cut off anywhere still is a log', () => {
    const text = outputOf(`${version}--all-kinds`);
    const whole = read(text).store.records;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length }), (end) => {
        expect(read(text.slice(0, end)).store.records).toBeLessThanOrEqual(whole);
      }),
      { numRuns: 100 },
    );
  });
});

const at = (ns: number, what: string) => `7/7 1.${String(ns).padStart(9, '0')}: raw_syscalls:sys_${what}`;
const enter = (ns: number, number: number) => at(ns, `enter: NR ${number} (3, 0, 0, 0, 0, 0)`);
const exit = (ns: number, number: number, result = 1) => at(ns, `exit: NR ${number} = ${result}`);

describe('beginnings and ends', () => {
  it.each([
    ['an end alone', [exit(5, 1)], 0, 0],
    ['two beginnings', [enter(1, 1), enter(2, 1), exit(5, 1)], 1, 0],
    ['an end of another call', [enter(1, 1), exit(5, 3)], 0, 0],
    ['a loss between the two', [enter(1, 1), '7/7 1.000000002: PERF_RECORD_LOST lost 1', exit(5, 1)], 0, 1],
    ['a call that is not watched', [enter(1, 39), exit(5, 39)], 0, 0],
    ['nothing to read', [enter(1, 0), exit(5, 0, -11)], 0, 0],
    ['a wait that was none', [enter(1, 232), exit(5, 232)], 0, 0],
    ['a pair', [enter(1, 1), exit(5, 1)], 1, 0],
  ] as const)('%s', (_name, lines, records, lost) => {
    const { store, reader } = read(lines.join('\n'));
    expect([store.records, reader.lost]).toEqual([records, lost]);
  });

  it('are read from any text without an error', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(enter(1, 1), exit(9, 1)),
      fc.stringMatching(/^7\/7 [0-9.: A-Z=_()]*$/),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        expect(read(lines.join('\n')).store.records).toBeLessThanOrEqual(lines.length / 2);
      }),
      { numRuns: 300 },
    );
  });
});

/** A pipe of perf: its header, then events, of which one has more behind it. */
function pipe(samples: number): Buffer {
  const event = (type: number, size: number, behind = Buffer.alloc(0)) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32LE(type, 0);
    bytes.writeUInt16LE(size, 6);
    if (type === 66) bytes.writeUInt32LE(behind.length, 8);
    return Buffer.concat([bytes, behind, Buffer.alloc((8 - (behind.length % 8)) % 8)]);
  };
  const header = Buffer.from('PERFILE2\x10\0\0\0\0\0\0\0', 'latin1');
  const tracing = event(66, 12, Buffer.from('\x09\0\0\0\0\0\x08\0 looks like a sample', 'latin1'));
  return Buffer.concat([
    header,
    event(64, 136),
    tracing,
    ...Array.from({ length: samples }, () => event(9, 104)),
  ]);
}

describe('the stream of perf record', () => {
  it('is counted, however it is cut into chunks', () => {
    const bytes = pipe(40);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 30 }), (cuts) => {
        const stream = new PerfStream();
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (const [index, place] of places.slice(1).entries())
          stream.feed(bytes.subarray(places[index], place));
        expect([stream.isBegun, stream.samples, stream.bytes]).toEqual([true, 40, bytes.length]);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['', 'PERFILE', 'failed to open', 'PERFILE2\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'])(
    'that is none is no error: %j',
    (text) => {
      const stream = new PerfStream();
      stream.feed(Buffer.from(text, 'latin1'));
      expect(stream.samples).toBe(0);
    },
  );
});

describe('where perf does not record', () => {
  it.each([
    ['not-installed', '', 'perf is not installed; apt-get install linux-perf brings it'],
    [
      'ended-at-once',
      'Error:\nAccess to performance monitoring … perf_event_paranoid setting\n',
      /run as root/,
    ],
    [
      'ended-at-once',
      'WARNING: perf not found for kernel 5.15.0-1\n\n  You may need linux-tools-5.15\n',
      /package/,
    ],
    ['ended-at-once', "event syntax error: 'raw_syscalls:sys_enter'\nunknown tracepoint\n", /no tracepoints/],
    ['ended-at-once', 'failed to mmap with 12 (Cannot allocate memory)\n', /descriptor and a buffer/],
    ['ended-at-once', '[ perf record: Woken up 1 times ]\nsegfault\n', 'perf recorded nothing: segfault'],
    ['over', '', 'perf recorded nothing'],
  ] as const)('%s: one line', (end, said, reason) => {
    expect(refusalOf(end, said)).toMatch(reason);
    expect(refusalOf(end, said)).not.toContain('\n');
  });
});
