import { describe, expect, it } from 'vitest';
import { PROBES } from '../../src/probes/index.ts';
import { BpftraceReader } from '../../src/tracers/bpftrace/reader.ts';
import { emptyStore, logOf, X64 } from '../tracers/log/records.ts';

/** Just below the length from which on lines are not read: a pattern that takes quadratic time does not end. */
const LENGTH = 60_000;
const fill = (unit: string) => unit.repeat(LENGTH / unit.length);

describe('lines of one thing only', () => {
  it.each([
    ['top', 'digits', `top - 10:00:00 up 1 day\n%Cpu(s): ${fill('9')}\nKiB Mem : ${fill('8')} total`],
    ['top', 'blanks', `%Cpu(s):  1.0${fill(' ')}x\nKiB Mem : 1${fill(' ')}x`],
    ['top', 'numbers', `Tasks: ${fill('1 ')}\n%Cpu(s): ${fill('1.0 ')}`],
    [
      'lsof',
      'colons',
      `COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\nx 1 u 3u IPv4 1 0t0 TCP ${fill('a:')}`,
    ],
    [
      'lsof',
      'arrows',
      `COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\nx 1 u 3u IPv4 1 0t0 TCP ${fill('a:b->')}`,
    ],
    ['strace', 'blanks', `[pid 7] 1795298718.805683 read(3, ${fill(' ')}<unfinished ...>\n`],
    ['strace', 'quotes', `[pid 7] 1795298718.805683 write(3, ${fill('"\\"')}`],
    ['strace', 'results', `[pid 7] 1795298718.805683 write(3, "${fill(') = 1 ')}`],
    ['strace', 'brackets', `[pid 7] 1795298718.805683 ${fill('[0')}`],
    ['iostat', 'digits', `Device r/s w/s\nsda ${fill('1')}\nsda ${fill('1 ')}`],
    ['pidstat', 'blanks', `10:00:00 UID PID kB_rd/s\n10:00:01${fill(' ')}0 7 x`],
    ['docker', 'braces', fill('[{')],
    ['redis', 'bulks', fill('$1\r\n')],
    ['proc', 'digits', `==> /proc/9085/stat <==\n${fill('7 ')}`],
    ['nsenter', 'anything', fill('1:')],
  ])('%s: %s', (probe, _what, text) => {
    const { items, problems } = PROBES.get(probe)!.parse(text);
    const lines = text.split('\n').length;
    for (const { line } of [...items, ...problems]) expect(line).toBeLessThanOrEqual(lines);
  });
});

it('a tracer that prints a time far off costs the order of that call, not the log', () => {
  const store = emptyStore();
  const reader = new BpftraceReader(store, X64);
  reader.feed(Buffer.from('c 7 7 75 1000 5 0 3 0 0 0\nc 7 7 75 9000000000000000 5 0 3 0 0 0\n'));
  reader.feed(Buffer.from('c 7 7 75 2000 5 0 3 0 0 0\n'));
  const log = logOf(store, reader.finish());
  expect(log.match(/fdatasync\(3\)/g)).toHaveLength(3);
});
