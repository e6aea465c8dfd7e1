import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PIECE_BYTES } from '../../../src/tracers/bpftrace/program.ts';
import { BpftraceReader } from '../../../src/tracers/bpftrace/reader.ts';
import { callsOf, emptyStore, logOf, X64 } from '../log/records.ts';

const outputOf = (name: string) => readFileSync(`test/tracers/fixtures/${name}.out`);

function read(...chunks: readonly (Buffer | string)[]) {
  const store = emptyStore();
  const reader = new BpftraceReader(store, X64);
  for (const chunk of chunks) reader.feed(Buffer.from(chunk as string, 'latin1'));
  const log = logOf(store, reader.finish());
  return { reader, store, log, calls: callsOf(log) };
}

const VERSIONS = ['debian12-bpftrace0.17.0', 'debian13-bpftrace0.23.2'];

describe.each(VERSIONS)('what %s prints', (version) => {
  it('of every kind of call becomes the log that strace would have written', () => {
    const { reader, calls, log } = read(outputOf(`${version}--all-kinds`));
    expect(reader).toMatchObject({ isReady: true, lost: 0, strange: 1 });
    const target = calls[0]!.tid!;
    const own = calls.filter(({ tid, fd, name }) => tid === target && (fd === 3 || name === 'openat'));
    expect(own.slice(0, 10)).toMatchObject([
      {
        name: 'openat',
        result: 3,
        args: expect.stringContaining(String.raw`"/srv/a/data/odd \\x0d name \"q\""`),
      },
      {
        name: 'write',
        result: 30,
        payload: '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\\x0d\r\n',
      },
      { name: 'write', result: 22, payload: 'back\\slash \\x41 and \xff\0' },
      { name: 'write', result: 300, payload: 'y'.repeat(300) },
      { name: 'writev', result: 224, payload: `first,second,${'z'.repeat(PIECE_BYTES)}` },
      { name: 'writev', result: 6, payload: 'abcdef' },
      { name: 'fdatasync', result: 0, durationUs: expect.any(Number) },
      { name: 'read', result: 64 },
      { name: 'close', result: 0 },
      { name: 'openat', errno: 'ENOENT', args: expect.stringContaining('"/nowhere/at/all"') },
    ]);
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'sendmsg', payload: '+OK\r\n$2\r\nhi\r\n' }),
    );
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'recvfrom', payload: '+OK\r\n$2\r\nhi\r\n' }),
    );
    // A forked process, a thread, and the call that was under way when the window ended.
    expect(calls).toContainEqual(expect.objectContaining({ name: 'write', payload: 'child\n' }));
    expect(calls).toContainEqual(expect.objectContaining({ name: 'write', payload: 'thread\n' }));
    expect(log).toMatch(/clone3\(\{flags=CLONE_VM\|.*CLONE_THREAD/);
    expect(log).toMatch(new RegExp(`\\[pid ${target}\\] \\S+ clock_nanosleep\\( <unfinished \\.\\.\\.>\\n$`));
    expect(calls.every(({ errno }) => errno !== 'EAGAIN')).toBe(true);
  });

  it('shows that it is attached, also when the word for it was lost', () => {
    const text = outputOf(`${version}--all-kinds`).toString('latin1');
    const { reader } = read(text.replace(/^ready\.+\n/gm, ''));
    expect(reader.isReady).toBe(true);
    expect(read('Lost 7 events\n').reader.isReady).toBe(false);
  });

  it('of lost lines is counted', () => {
    const text = outputOf(`${version}--lost`).toString('latin1');
    const lost = [...text.matchAll(/^Lost (\d+) /gm)].reduce((sum, [, count]) => sum + Number(count), 0);
    const { reader, calls } = read(text);
    expect(lost).toBeGreaterThan(0);
    expect(reader.lost).toBe(lost);
    expect(calls.length).toBe([...text.matchAll(/^c /gm)].length);
  });

  it('says the same however it is cut into chunks, and cut off anywhere it still is a log', () => {
    const output = outputOf(`${version}--all-kinds`);
    const whole = read(output).log;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: output.length }), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), output.length];
        const chunks = places.slice(1).map((place, index) => output.subarray(places[index], place));
        expect(read(...chunks).log).toBe(whole);
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: output.length }), (end) => {
        expect(read(output.subarray(0, end)).calls.length).toBeLessThanOrEqual(callsOf(whole).length);
      }),
      { numRuns: 100 },
    );
  });
});

/** What the program prints for a call that moved bytes, piece by piece. */
function printed(bytes: Buffer, start: number, pieces = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES))) {
  const shown = (from: number) =>
    bytes
      .subarray(from, from + PIECE_BYTES)
      .toString('hex')
      .replace(/..(?=.)/g, '$& ');
  const lines = [`c 7 7 1 ${start} 1000 ${bytes.length} 3 7f07 ${bytes.length.toString(16)} 0 ${shown(0)}`];
  for (let piece = 1; piece < pieces; piece++) {
    lines.push(`+ 7 ${start} ${piece * PIECE_BYTES} ${shown(piece * PIECE_BYTES)}`);
  }
  return lines;
}

describe('bytes', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1024 }), (bytes) => {
        const { calls } = read(`${printed(Buffer.from(bytes), 1000).join('\n')}\n`);
        expect(calls[0]!.payload).toBe(Buffer.from(bytes).toString('latin1'));
      }),
      { numRuns: 300 },
    );
  });

  it('end before the first piece that is missing', () => {
    const bytes = Buffer.from('abcdefgh'.repeat(100));
    const [first, second, third, ...rest] = printed(bytes, 1000);
    const { calls } = read([first, third, ...rest, ''].join('\n'));
    expect(calls[0]).toMatchObject({ result: 800, payload: bytes.toString('latin1', 0, PIECE_BYTES) });
    expect(read([first, second, ''].join('\n')).calls[0]?.payload).toHaveLength(2 * PIECE_BYTES);
  });

  it('find their call when lines of other CPUs stand between', () => {
    const one = printed(Buffer.from('a'.repeat(300)), 1000);
    const other = printed(Buffer.from('b'.repeat(300)), 5_000_000);
    const { calls } = read([other[0], one[0], other[1], one[1], one[2], other[2], ''].join('\n'));
    expect(calls.map(({ payload }) => payload)).toEqual(['a'.repeat(300), 'b'.repeat(300)]);
  });
});

it('takes nothing from lines that are not its own', () => {
  const line = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[c+vf@] ?[0-9a-f -]{0,40}$/),
    fc.constantFrom('ready', 'Lost x events', 'c 7 7 9999 1 1 1 1 1 1 1', '+ 7 1 128 x', 'v 1 1 0 -5 x'),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const { reader } = read(Buffer.from(lines.join('\n'), 'latin1'));
      expect(reader.isReady).toBe(false);
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['@n: 5\n', 3],
  ['Lost 7 events\n@n: 2\n', 0],
  ['Lost 7 events\n', 7],
  ['', 0],
])('counts what bpftrace dropped when it ended: %j', (end, lost) => {
  const call = (start: number) => `c 7 7 75 ${start} 5 0 3 0 0 0\n`;
  expect(read(`${call(1000)}${call(9000)}${end}`).reader.lost).toBe(lost);
});

it('keeps no more than it may', () => {
  const store = emptyStore(3);
  const reader = new BpftraceReader(store, X64);
  for (let start = 1; start < 10; start++) reader.feed(Buffer.from(`c 7 7 75 ${start}000 5 0 3 0 0 0\n`));
  expect([store.records, store.isFull]).toEqual([3, true]);
});
