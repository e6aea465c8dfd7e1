import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type Options } from 'execa';
import { expect } from 'vitest';
import type { Check } from '../../src/cli/check/check.ts';
import { processesWith } from '../support/lab-traces.ts';
import { itNeeds } from '../support/requirements.ts';

function check(args: readonly string[], options: Options = {}) {
  return execa(process.execPath, ['dist/perfcase.js', 'check', ...args], {
    reject: false,
    timeout: 30_000,
    ...options,
  });
}

itNeeds(
  ['dist', 'ptrace', 'setpriv', 'timeout'],
  'check says that diagnose can do its job, having tried it',
  async () => {
    const { exitCode, stdout, stderr } = await check(['--format', 'json']);
    const report: Check = JSON.parse(String(stdout));
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(report).toMatchObject({
      schema: 'perfcase.check/1',
      machine: { node: process.versions.node },
      tracers: expect.arrayContaining([{ name: 'strace', usable: true }]),
      diagnose: { ready: true, reasons: [] },
    });
    const strace = report.tools.find((tool) => tool.name === 'strace');
    expect(strace).toMatchObject({ status: 'found', version: expect.stringMatching(/^\d+\.\d+/) });
    const left = () => processesWith('setInterval(() => undefined, 10)');
    for (let tries = 0; left().length > 0 && tries < 100; tries++) await sleep(20);
    expect(left()).toEqual([]);
  },
);

itNeeds(
  ['dist'],
  'check works where nothing is installed, and ends with 4 unless a tracer needs no tool',
  async () => {
    const env = { PATH: '/no-such-folder' };
    const report: Check = JSON.parse(String((await check(['--format', 'json'], { env })).stdout));
    const strace = report.tracers.find(({ name }) => name === 'strace');
    expect(strace).toEqual({
      name: 'strace',
      usable: false,
      reason: expect.stringContaining('is not installed'),
    });
    const { exitCode, stdout, stderr } = await check([], { env });
    expect([exitCode, stderr]).toEqual([report.diagnose.ready ? 0 : 4, '']);
    const lines = String(stdout).split('\n');
    expect(lines[0]).toContain(report.diagnose.ready ? 'can do its job' : 'cannot do its job here: ');
    expect(lines.filter((line) => line.length > 80 && !line.includes('apt-get install'))).toEqual([]);
  },
);

itNeeds(['dist', 'root', 'setpriv'], 'check ends with 4 for a user whom no tracer serves', async () => {
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
  const { stdout: setpriv } = await execa('which', ['setpriv']);
  const { exitCode, stdout } = await execa(setpriv, [...nobody, 'dist/perfcase.js', 'check'], {
    env: { PATH: '/no-such-folder' },
    reject: false,
  });
  expect(exitCode).toBe(4);
  expect(stdout.split('\n')[0]).toContain('cannot do its job here: ');
});

itNeeds(
  ['dist', 'strace', 'setpriv', 'timeout'],
  'check names the one command that installs the rest',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pctest-'));
    for (const name of ['strace', 'setpriv', 'timeout']) {
      const { stdout } = await execa('which', [name]);
      symlinkSync(stdout, join(folder, name));
    }
    const { stdout } = await check(['--format', 'json'], { env: { PATH: folder } });
    rmSync(folder, { recursive: true });
    const report: Check = JSON.parse(String(stdout));
    expect(report.missing.map(({ what }) => what)).toContain('iostat');
    // Elsewhere packages have other names.
    if (report.machine.distribution.includes('debian')) {
      expect(report.install).toMatch(/^(sudo )?apt-get install (?!.*strace).*\bsysstat\b.*\blibnbd-bin\b/);
      expect(report.install).not.toContain('docker.io');
    }
  },
);

itNeeds(['dist', 'root', 'setpriv'], 'check works without root, and says what that costs', async () => {
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
  const { exitCode, stdout, stderr } = await execa(
    'setpriv',
    [...nobody, 'dist/perfcase.js', 'check', '--format', 'json'],
    { reject: false },
  );
  expect([0, 4]).toContain(exitCode);
  expect(stderr).toBe('');
  const report: Check = JSON.parse(stdout);
  expect(report.privileges).toMatchObject({ root: false, capSysPtrace: false });
  expect(report.lab.slowDisk).toEqual({ ok: false, reason: 'a slow disk needs root' });
  expect(report.missing.map(({ what }) => what)).toEqual(expect.arrayContaining(['CAP_SYS_PTRACE', 'root']));
});

itNeeds(['dist'], 'check refuses a format that it does not know', async () => {
  const { exitCode } = await check(['--format', 'xml']);
  expect(exitCode).toBe(2);
});
