import { expect, it } from 'vitest';
import type { Check } from '../../../src/cli/check/check.ts';
import { checkText } from '../../../src/cli/check/text.ts';
import { TOOLS } from '../../../src/cli/check/tools.ts';

/** A machine that has nothing, and says so in as many words as it can. */
const BARE: Check = {
  schema: 'perfcase.check/1',
  perfcase: '0.1.0',
  machine: {
    os: 'Debian GNU/Linux 13 (trixie)',
    distribution: ['debian'],
    kernel: '6.12.0-1-amd64',
    arch: 'x64',
    node: '20.19.2',
    cpus: 1,
    memoryMiB: 512,
    pressure: false,
  },
  privileges: {
    uid: 1000,
    root: false,
    capSysPtrace: false,
    capSysAdmin: false,
    yamaPtraceScope: 2,
    hidepid: '2',
  },
  tools: TOOLS.map((tool) => ({
    name: tool.name,
    group: tool.group,
    status: 'missing',
    package: tool.package,
  })),
  tracers: [
    {
      name: 'bpf',
      usable: false,
      reason: 'the kernel does not let this user load BPF programs; run as root, or with CAP_BPF',
    },
    { name: 'strace', usable: false, reason: 'strace is not installed; apt-get install strace brings it' },
  ],
  containerEngines: [],
  lab: {
    slowDisk: { ok: false, reason: 'a slow disk needs root' },
    networkNamespace: { ok: false, reason: 'a network namespace needs root' },
  },
  missing: TOOLS.map(({ name, without }) => ({ what: name, lost: without })),
  install: `sudo apt-get install ${TOOLS.map((tool) => tool.package).join(' ')}`,
  diagnose: { ready: false, reasons: ['strace is not installed', 'setpriv is not installed'] },
};

it('fits into 80 columns, except for the command that is there to be copied', () => {
  const lines = checkText(BARE).split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([`  ${BARE.install}`]);
  expect(lines[0]).toMatch(/^perfcase 0\.1\.0: diagnose cannot do its job here: strace is not installed;/);
});

it('names every tool in one of its groups, and every loss', () => {
  const text = checkText(BARE);
  for (const { name } of TOOLS)
    expect(text).toMatch(new RegExp(`^  ${name.replaceAll('.', '\\.')} +missing$`, 'm'));
  expect(text.replaceAll(/\s+/g, ' ')).toContain(TOOLS[0]!.without);
  expect(text).toContain('2: only with CAP_SYS_PTRACE');
});

it('says nothing of an installation where nothing is missing', () => {
  const { install: _, ...rest } = BARE;
  const privileges = { ...BARE.privileges, root: true };
  const text = checkText({ ...rest, privileges, missing: [], diagnose: { ready: true, reasons: [] } });
  expect(text.split('\n')[0]).toBe('perfcase 0.1.0: diagnose can do its job here.');
  expect(text).not.toMatch(/installs|Missing/);
});

it('promises a user without privileges no processes of others', () => {
  const privileges = { ...BARE.privileges, root: false, capSysPtrace: false };
  const text = checkText({ ...BARE, privileges, diagnose: { ready: true, reasons: [] } });
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    'diagnose can do its job here for processes of this user; for those of others, run it as root.',
  );
});
