import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrace, type StraceItem, StraceReader } from '../../src/probes/strace.ts';
import { unescapeBytes } from '../../src/probes/strace-line.ts';
import { fixtures } from './fixtures.ts';

const all = fixtures().filter((fixture) => fixture.probe.name === 'strace');

const read = (name: string) => parseStrace(all.find((fixture) => fixture.name === `strace/${name}`)!.text);
const calls = (items: readonly StraceItem[]) => items.filter((item) => item.kind === 'syscall');
const one = (line: string) => {
  const { items, problems } = parseStrace(line);
  expect(problems).toEqual([]);
  expect(items).toHaveLength(1);
  return items[0]!;
};

describe('the logs of the case', () => {
  it.each([
    ['ubuntu1804-case--output', 'ubuntu1804-case--pasted'],
    ['ubuntu1804-case--fdatasync-output', 'ubuntu1804-case--fdatasync-pasted'],
  ])('%s and the same with its prompt and comment hold the same', (plain, pasted) => {
    const content = ({ items }: ReturnType<typeof read>) => items.map(({ line: _line, ...rest }) => rest);
    expect(content(read(pasted))).toEqual(content(read(plain)));
    expect(read(pasted).problems).toEqual([]);
  });

  it('shows SADD appended, synced for 5.4 ms, and answered', () => {
    const last = calls(read('ubuntu1804-case--pasted').items).slice(-3);
    expect(last).toMatchObject([
      { name: 'write', fd: 7, result: 67, tid: 9085 },
      { name: 'fdatasync', fd: 7, result: 0, durationUs: 5415 },
      { name: 'write', fd: 8, payload: ':1\r\n', result: 4 },
    ]);
  });

  it('of fdatasync alone begins with the process and its threads, and has a gap', () => {
    expect(
      read('ubuntu1804-case--fdatasync-output').items.map((item) =>
        item.kind === 'syscall' ? item.durationUs : [item.event, item.tid, item.detail],
      ),
    ).toEqual([['attached', 9085, '4 threads'], 7112, 8572, 6769, ['gap', undefined, undefined], 8183]);
  });

  it('without results still shows what went through which descriptor', () => {
    expect(calls(read('ubuntu1804-case--without-results').items)).toMatchObject([
      { name: 'read', fd: 8 },
      { name: 'write', fd: 8, payload: '$4\r\ngood\r\n' },
      { name: 'read', fd: 8 },
      { name: 'write', fd: 7 },
      { name: 'write', fd: 8, payload: ':1\r\n' },
    ]);
  });
});

describe('every dialect', () => {
  const clean = all.filter(({ name }) => !/generic-|summary-C/.test(name));
  it.each(clean.map((fixture) => [fixture.name, fixture] as const))(
    '%s is read without a problem',
    (_, fixture) => {
      expect(parseStrace(fixture.text).problems).toEqual([]);
    },
  );

  const sessions = [
    'f-tt-T',
    'f-ttt-T-s1024',
    'f-r-T',
    'into-file',
    'decode-pids-comm',
    'one-thread',
    'nanoseconds',
    'epoch-seconds',
    'n',
  ];
  it.each(sessions)('the same session looks the same with %s', (name) => {
    const shown = calls(read(`debian12-strace6.1--${name}`).items)
      .filter((call) => /^(?:read|write|fdatasync)$/.test(call.name) && call.result! >= 0)
      .map(
        ({ name: call, fd, payload = '' }) =>
          `${call} ${fd} ${/\$\d+\r\n([a-z]{3,})/i.exec(payload)?.[1] ?? ''}`,
      );
    // The first append of a file begins with SELECT.
    expect(shown.map((line) => line.replace('SELECT', 'set').trim())).toEqual([
      ...['read 8 set', 'write 7 set', 'fdatasync 7', 'write 8', 'read 8'],
      ...['read 8 get', 'write 8 good', 'read 8'],
      ...['read 8 SET', 'write 7 SET', 'fdatasync 7', 'write 8'],
      ...['read 8 GET', 'write 8 bad'],
      ...['read 8 SADD', 'write 7 SADD', 'fdatasync 7', 'write 8'],
      'read 8 SMEMBERS',
      ...['read 8 DEL', 'write 7 DEL', 'fdatasync 7', 'write 8'],
      ...['read 8 SCAN', 'write 8 uuid', 'read 8'],
    ]);
  });

  it('odd strings come out as the bytes that were written', () => {
    for (const flags of ['s256-T', 'x', 'y', 'yy']) {
      const written = calls(read(`debian12-strace6.1--odd-strings-${flags}`).items)
        .filter((call) => call.name === 'write' && call.result! < 20)
        .map((call) => call.payload);
      expect(written).toEqual([
        '") = 5 <0.000001>',
        'a"b\\c\t\0\x001\xff\x7f',
        ' = -1 EAGAIN (x)',
        '<unfinished ...>',
        '...',
        'tail\\',
        '9085 read(8, "',
        'nul\x009',
        'oct\x01a',
      ]);
    }
  });

  it('a file name with quotes and an equals sign is a name, not data', () => {
    const { items } = read('debian12-strace6.1--odd-strings-yy');
    expect(items[0]).toMatchObject({ name: 'openat', result: 3 });
    expect(calls(items).find((call) => call.name === 'fdatasync')!.fdName).toBe(
      '/data/odd "name" = 1 (x).txt',
    );
  });

  it('vectors of messages are joined until the first cut', () => {
    const { items } = read('debian12-strace6.1--odd-strings-x');
    const sent = calls(items).find((call) => call.name === 'sendmsg')!;
    expect(sent.payload).toBe('*3\r\n$4\r\nSADD\r\n$4\r\ngood\r\n$2\r\n53\r\n');
    const vector = calls(items).find((call) => call.name === 'writev')!;
    expect(vector.payload).toBe(`one "two"\r\nthree, iov_base="x"${'y'.repeat(64)}`);
  });

  it('a thread that starts while a line is printed does not tear it apart', () => {
    const { items } = read('debian12-strace6.1--threads-torn-lines');
    const clones = calls(items).filter((call) => call.name.startsWith('clone'));
    expect(clones.map((call) => [call.name, call.result! > 0, /CLONE_THREAD/.test(call.args)])).toEqual([
      ['clone3', true, true],
      ['clone3', true, true],
      ['clone', true, false],
    ]);
    const attached = items.filter((item) => item.kind === 'trace-event' && item.event === 'attached');
    expect(attached.map((item) => item.tid)).toEqual(clones.map((call) => call.result));
  });

  it('a call that the last thread began is finished by a line without its number', () => {
    const { items } = read('debian12-strace6.1--threads-torn-lines');
    const wait = calls(items).find((call) => call.name === 'wait4')!;
    expect(wait).toMatchObject({ durationUs: 910, args: expect.stringContaining('WEXITSTATUS(s) == 3') });
    expect(wait.tid).toBeDefined();
  });

  it('a call that was interrupted has its error and no result', () => {
    const { items } = read('debian12-strace6.1--signals-and-restarts');
    const interrupted = calls(items).filter((call) => call.errno?.startsWith('ERESTART'));
    expect(interrupted.length).toBeGreaterThan(3);
    for (const call of interrupted) expect(call.result).toBeUndefined();
    expect(
      items.filter((item) => item.kind === 'trace-event').map((item) => `${item.event} ${item.detail}`),
    ).toEqual(
      expect.arrayContaining([
        'stopped SIGSTOP',
        'signal SIGCONT',
        'killed SIGKILL',
        'signal SIGALRM',
        'exited 0',
      ]),
    );
  });

  it('midnight does not turn time back', () => {
    const starts = read('generic-strace5--midnight').items.map((item) =>
      'startUs' in item ? item.startUs! : 0,
    );
    expect([...starts].sort((a, b) => a - b)).toEqual(starts);
    expect(starts.at(-1)! - starts[0]!).toBe(11_000);
  });

  it('what is cut off is a problem, what is whole before it is read', () => {
    const { items, problems } = read('generic-strace6--cut-off');
    expect(items).toHaveLength(1);
    expect(problems.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'the call began before the log'],
      [3, 'the line ends before the call does'],
      [4, 'the line ends before the call does'],
      [5, 'the line ends before the call does'],
      [6, 'a message of strace'],
      [7, 'the line ends before the call does'],
    ]);
  });
});

describe('one line', () => {
  it.each([
    ['read(8, "\\"", 1) = 1', { payload: '"', result: 1 }],
    ['read(8, "\\\\", 1) = 1', { payload: '\\', result: 1 }],
    ['read(0x8, "x", 0x1) = 0x1', { fd: 8, payload: 'x', result: 1 }],
    ['write(14<UNIX:[1->2,"/run/r.sock"]>, "+OK\\r\\n", 5) = 5', { fd: 14, payload: '+OK\r\n' }],
    ['write(7</a>b>, "x", 1) = 1', { fd: 7, payload: 'x' }],
    ['writev(8, [{"$4\\r\\n", 4}, {"good\\r\\n", 6}], 2) = 10', { payload: '$4\r\ngood\r\n' }],
    ['writev(8, [{iov_base="ab"..., iov_len=4}, {iov_base="cd", iov_len=2}], 2) = 6', { payload: 'ab' }],
    ['write(8, "abcdef", 6) = 3', { payload: 'abc', result: 3 }],
    [
      'read(3, 0x7fff366a5747, 1) = -1 EAGAIN (Resource temporarily unavailable)',
      { errno: 'EAGAIN', result: -1 },
    ],
    ['fcntl(3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)', { result: 0x802 }],
    ['poll([{fd=3, events=POLLIN}], 1, 5) = 0 (Timeout) <5>', { result: 0, durationUs: 5_000_000 }],
    ['fsync(7) = ? ERESTARTSYS (To be restarted)', { errno: 'ERESTARTSYS' }],
    ['[????????????????] close(7) = 0', { name: 'close', fd: 7 }],
    ['9085<redis-server> 14:20:16 close(7) = 0', { tid: 9085, clock: '14:20:16' }],
    ['1700000000.123456 close(7) = 0', { startUs: 1_700_000_000_123_456 }],
    ['close(7) = 0 (INJECTED)', { result: 0 }],
  ])('%s', (line, expected) => {
    expect(one(line)).toMatchObject(expected);
  });

  it('a failed read has no payload, whatever the buffer held', () => {
    expect(JSON.stringify(one('read(8, "old", 3) = -1 EAGAIN (x)'))).not.toContain('"payload"');
    expect(JSON.stringify(one('read(8, "", 3) = 0'))).not.toContain('"payload"');
  });

  it('of ten megabytes is read', () => {
    const item = one(`write(8, "${'x'.repeat(10_000_000)}", 10000000) = 10000000`);
    expect(item).toMatchObject({ kind: 'syscall', result: 10_000_000 });
  });

  it('that nobody finished is a call without a result', () => {
    expect(JSON.stringify(one('epoll_wait(5,  <unfinished ...>'))).not.toContain('"result"');
    expect(JSON.stringify(one('exit_group(0) = ?'))).not.toContain('"result"');
  });

  it('unescapes octal, hexadecimal and letters', () => {
    expect(unescapeBytes('\\0\\1\\377\\x1f\\n\\e\\"\\\\')).toBe('\0\x01\xff\x1f\n\x1b"\\');
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    ...all.flatMap(({ text }) => text.split('\n')).filter((line) => line.length < 300),
  );
  const line = fc.oneof(
    words,
    fc.tuple(words, fc.nat(200)).map(([text, at]) => text.slice(0, at)),
    fc.tuple(words, fc.nat(200)).map(([text, at]) => text.slice(at)),
    fc.tuple(words, words, fc.nat(60)).map(([a, b, at]) => a.slice(0, at) + b.slice(at)),
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'<>()[]{}"\\=?.,-+ \t0189aex\r') }),
  );
  const log = fc.array(line, { maxLength: 40 });

  it('never throws, keeps the raw line, and points problems at their line', () => {
    fc.assert(
      fc.property(log, (lines) => {
        const text = lines.join('\n');
        const raw = text.split('\n').map((each) => each.replace(/\r$/, ''));
        const { items, problems } = parseStrace(text);
        for (const item of [...items, ...problems]) expect(item.text).toBe(raw[item.line - 1]);
        for (const item of calls(items)) {
          expect(item.name).toMatch(/^\w+$/);
          if (item.resumedLine !== undefined) expect(item.resumedLine).toBeGreaterThan(item.line);
          if (item.payload !== undefined) expect(item.payload.length).toBeLessThanOrEqual(item.result ?? 1e9);
          for (const number of [item.startUs, item.durationUs, item.result, item.fd, item.tid])
            if (number !== undefined) expect(number).not.toBeNaN();
        }
      }),
      { numRuns: 400 },
    );
  });

  it('read line by line gives what the whole text gives', () => {
    fc.assert(
      fc.property(log, (lines) => {
        const text = lines.map((each) => each.replaceAll(/[\n\r]/g, '')).join('\n');
        const reader = new StraceReader();
        for (const each of text.split('\n')) reader.feed(each);
        expect(reader.finish()).toEqual(parseStrace(text));
      }),
      { numRuns: 200 },
    );
  });

  it('a whole log and the same log cut anywhere agree on all lines but the last', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.double({ min: 0, max: 1, noNaN: true }), ({ text }, part) => {
        const cut = text.slice(0, Math.floor(text.length * part));
        const whole = parseStrace(text).items;
        const lastLine = cut.split('\n').length;
        const seen = calls(parseStrace(cut).items).filter(
          (call) => call.line < lastLine && call.resumedLine !== lastLine,
        );
        for (const call of seen.filter((each) => each.result !== undefined)) {
          expect(whole).toContainEqual(call);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('any bytes come back from the escapes', () => {
    const escaped = (bytes: string) =>
      [...bytes].map((byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
    fc.assert(
      fc.property(fc.array(fc.nat(255), { minLength: 1 }), (codes) => {
        const bytes = String.fromCharCode(...codes);
        expect(one(`write(8, "${escaped(bytes)}", ${bytes.length}) = ${bytes.length}`)).toMatchObject({
          payload: bytes,
        });
      }),
    );
  });
});
