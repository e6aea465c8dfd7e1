import { describe, expect, it } from 'vitest';
import { bpftraceProgram, PIECE_BYTES } from '../../../src/tracers/bpftrace/program.ts';
import { refusalOf } from '../../../src/tracers/bpftrace/refusal.ts';
import { X64 } from '../log/records.ts';

const program = (followForks = true) =>
  bpftraceProgram({ pids: [11, 22], calls: X64, followForks, limitSeconds: 30 });

describe('the program for bpftrace', () => {
  it('watches the processes and calls that it is told, and ends by itself', () => {
    expect(program()).toContain('@g[11] = 1; @g[22] = 1;');
    for (const { number } of X64) expect(program()).toContain(`@c[${number}] = `);
    expect(program()).toContain('interval:s:30 { exit(); }');
  });

  it('follows forks only where their ids are those that it sees', () => {
    expect(program(true)).toContain('@g[$r] = 1;');
    expect(program(false)).not.toContain('@g[$r] = 1;');
  });

  it('prints no buffer longer than a piece', () => {
    expect(program()).toMatch(new RegExp(`\\$n > ${PIECE_BYTES}`));
    expect(1024 % PIECE_BYTES).toBe(0);
  });
});

describe('where bpftrace does not watch', () => {
  it.each([
    ['not-installed', '', 'bpftrace is not installed; apt-get install bpftrace brings it'],
    ['not-ready', '', /not attached in time/],
    ['ended-at-once', 'ERROR: bpftrace currently only supports running as the root user.\n', /run as root/],
    ['ended-at-once', 'ERROR: bpftrace must be superuser\n', /run as root/],
    ['ended-at-once', 'mount: /sys/kernel/tracing: permission denied.\n', /run as root/],
    [
      'ended-at-once',
      'stdin:1:1-34: ERROR: tracepoint not found: raw_syscalls:sys_enter\ntracepoint:raw…\n~~~~~\n',
      /no tracepoints for system calls/,
    ],
    [
      'ended-at-once',
      "ERROR: Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace. If …\nERROR: Error loading program\n",
      'bpftrace ended at once: ERROR: Error loading program',
    ],
    ['ended-at-once', '', 'bpftrace ended at once'],
  ] as const)('%s: one line', (end, said, reason) => {
    expect(refusalOf(end, said)).toMatch(reason);
    expect(refusalOf(end, said)).not.toContain('\n');
  });
});
