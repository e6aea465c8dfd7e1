import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readHidepid, readMachine, readPrivileges } from '../../../src/cli/check/machine.ts';

let root: string;
beforeEach(() => {
  root = `${mkdtempSync(join(tmpdir(), 'pctest-'))}/`;
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

it('reads the distribution and its relatives', () => {
  write({
    'etc/os-release': 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
    'proc/pressure/io': 'some avg10=0.00\n',
  });
  expect(readMachine(root)).toMatchObject({
    os: 'Ubuntu 24.04.1 LTS',
    distribution: ['ubuntu', 'debian'],
    pressure: true,
  });
});

it('says so where the system tells nothing', () => {
  expect(readMachine(root)).toMatchObject({
    os: 'Linux of an unknown distribution',
    distribution: [],
    pressure: false,
  });
  expect(readPrivileges(root)).toMatchObject({ capSysPtrace: false, capSysAdmin: false });
  expect(readPrivileges(root)).not.toHaveProperty('yamaPtraceScope');
});

it('reads capabilities, Yama and hidepid', () => {
  write({
    'self/status': 'Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000080000\n',
    'sys/kernel/yama/ptrace_scope': '1\n',
    'self/mountinfo': '22 27 0:21 / /proc rw,relatime - proc proc rw,hidepid=invisible\n',
  });
  expect(readPrivileges(root)).toMatchObject({
    capSysPtrace: true,
    capSysAdmin: false,
    yamaPtraceScope: 1,
    hidepid: 'invisible',
  });
});

it.each([
  ['22 27 0:21 / /proc rw,relatime - proc proc rw', undefined],
  ['22 27 0:21 / /proc rw,relatime - proc proc rw,hidepid=0', undefined],
  ['22 27 0:21 / /proc rw,relatime - proc proc rw,gid=4,hidepid=2', '2'],
  ['22 27 0:21 / /jail/proc rw,relatime - proc proc rw,hidepid=2', undefined],
])('%s', (line, hidden) => expect(readHidepid(line)).toBe(hidden));
