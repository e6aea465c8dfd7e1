import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrace } from '../../src/probes/strace.ts';
import { PlainCalls } from '../../src/probes/strace-plain.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/strace');

const readPlainCall = (line: string) => PlainCalls.of(line)?.read(0, line.length, 1);

/** What the reader of all lines says: a space at the end keeps the line from being plain, and changes nothing else. */
function slowly(line: string): unknown[] {
  const { items, problems } = parseStrace(`${line} `);
  expect(readPlainCall(`${line} `)).toBeUndefined();
  return problems.length > 0 ? problems : items.map((item) => ({ ...item, text: line }));
}

const PLAIN = [
  String.raw`[pid  9085] 1700000000.123456 read(8, "*2\r\n$3\r\nGET\r\n"..., 16384) = 61 <0.000071>`,
  '1700000000.123456 accept4(6, 0x7ffd1c3b2a10, [128], SOCK_CLOEXEC) = -1 EAGAIN (Resource temporarily unavailable) <0.000005>',
  '[pid 1] 1700000000.000001 fdatasync(7) = 0 <12.005415>',
  String.raw`[pid 1] 1700000000.000001 writev(8, [{iov_base="a\0b", iov_len=3}, {iov_base="c"..., iov_len=9}], 2) = 12 <0.000002>`,
  String.raw`[pid 1] 1700000000.000001 write(8, "say \"hi\\", 9) = 9 <0.000002>`,
  '[pid 1] 1700000000.000001 write(8, "short"..., 900) = 3 <0.000002>',
  '[pid 1] 1700000000.000001 getpid() = 77 <0.000002>',
  '[pid 1] 1700000000.000001 close(9)                = -1 EBADF (Bad file descriptor) <0.000002>',
  '[pid 1] 1700000000.000001 openat(AT_FDCWD, "/a) = 3 <0.000001>", 0) = 4 <0.000002>',
];

/** Complete calls that hold something out of the ordinary, or no complete call at all. */
const NOT_PLAIN = [
  '',
  '[pid 1] 1700000000.000001 read(8</data/x>, "a", 1) = 1 <0.000002>',
  '[pid 1] 1700000000.000001 mmap(NULL, 8192) = 0x7f0000 <0.000002>',
  '[pid 1] 1700000000.000001 read(8,  <unfinished ...>',
  '[pid 1] 1700000000.000001 <... read resumed>"a", 1) = 1 <0.000002>',
  '[pid 1] 1700000000.000001 read(8, 0x10, 1) = ? ERESTARTSYS (To be restarted) <0.000002>',
  '[pid 1] 1700000000.000001 read(8, "cut at the end of a result) = 1 <0.000002>',
  '[pid 1] 14:20:16.826301 read(8, "a", 1) = 1 <0.000002>',
  '[pid 1] 1700000000.000001 +++ exited with 0 +++',
  '[pid 1] 1700000000.000001 read(8, "a", 1) = 1',
  '   0.000055 read(8, "a", 1) = 1 <0.000002>',
];

describe('PlainCalls', () => {
  it.each(PLAIN)('%s', (line) => {
    const call = readPlainCall(line);
    expect(call).toBeDefined();
    expect([call]).toEqual(slowly(line));
  });

  it.each(NOT_PLAIN)('leaves alone: %s', (line) => {
    expect(readPlainCall(line)).toBeUndefined();
  });

  it('says of every line of every recorded log what the other reader says, or nothing', () => {
    let plain = 0;
    for (const file of readdirSync(FIXTURES).filter((name) => name.endsWith('.out'))) {
      for (const line of readFileSync(join(FIXTURES, file), 'latin1').split('\n')) {
        const call = readPlainCall(line);
        if (!call) continue;
        plain++;
        expect([call]).toEqual(slowly(line));
      }
    }
    expect(plain).toBeGreaterThan(50);
  });

  it('agrees also on lines with any bytes in them, cut anywhere', () => {
    const piece = fc.constantFrom(
      '"',
      '\\',
      '\\r\\n',
      ') = ',
      ' <0.000001>',
      '1',
      '-1 EAGAIN',
      '...',
      ', ',
      '(',
      '{iov_base="',
      'x',
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const name = fc.constantFrom('read', 'writev', 'openat', 'close', 'futex');
    fc.assert(
      fc.property(name, text, text, fc.nat(120), (call, args, result, cut) => {
        const whole = `[pid 7] 1700000000.000001 ${call}(8, "${args}", 9) = ${result || '5'} <0.000002>`;
        for (const line of [whole, whole.slice(0, cut)]) {
          const plain = readPlainCall(line);
          if (plain) expect([plain]).toEqual(slowly(line));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
