import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { itNeeds } from '../support/requirements.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pctest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, value: unknown, mode = 0o644): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value), { mode });
}

function setup(args: readonly string[], path: string, prefix: readonly string[] = []) {
  const [file, ...rest] = [...prefix, process.execPath, 'scripts/setup.mjs', ...args];
  // Nobody is there to type a password.
  return execa(file!, rest, { env: { PATH: path }, stdin: 'ignore', reject: false, timeout: 20_000 });
}

describe('npm packages', async () => {
  const url = pathToFileURL('scripts/setup/npm.mjs').href;
  const npm: { npmPackagesOutdated(root: string): string | undefined } = await import(url);
  const lock = (packages: Record<string, { version?: string; optional?: boolean }>) => ({ packages });
  const wanted = lock({
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a/node_modules/b': { version: '2.0.0' },
    'node_modules/for-another-platform': { version: '3.0.0', optional: true },
  });

  it.each([
    [
      'as the lock file says',
      lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/a/node_modules/b': { version: '2.0.0' } }),
      undefined,
    ],
    ['one is missing', lock({ 'node_modules/a': { version: '1.0.0' } }), 'b is missing'],
    [
      'one is older',
      lock({ 'node_modules/a': { version: '0.9.0' } }),
      'a is 0.9.0, the lock file wants 1.0.0',
    ],
  ])('%s', (_, installed, why) => {
    write('package-lock.json', wanted);
    write('node_modules/.package-lock.json', installed);
    expect(npm.npmPackagesOutdated(folder)).toBe(why);
  });

  it('are missing altogether on a fresh clone', () => {
    write('package-lock.json', wanted);
    expect(npm.npmPackagesOutdated(folder)).toBe('node_modules is missing');
  });
});

describe('the set-up', () => {
  it('goes on without what it cannot install, and says what is lost', async () => {
    const { exitCode, stdout, stderr } = await setup(['--for', 'demo'], '/no-such-folder');
    expect([exitCode, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^setup: missing: strace, .*has no apt-get/);
    expect(stderr).toContain('without strace: where no other tracer works');
  });

  itNeeds(['root', 'setpriv'], 'tells an ordinary user the one command', async () => {
    write('apt-get', '#!/bin/sh\nexit 1\n', 0o755);
    write('sudo', '#!/bin/sh\necho "sudo: a password is required" >&2; exit 1\n', 0o755);
    mkdirSync(folder, { recursive: true });
    await execa('chmod', ['755', folder]);
    const { stdout: setpriv } = await execa('which', ['setpriv']);
    const nobody = [setpriv, '--reuid=65534', '--regid=65534', '--clear-groups'];
    const { exitCode, stderr } = await setup(['--for', 'test'], folder, nobody);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^setup: {3}sudo apt-get install -y strace .*redis-server/m);
    expect(stderr).toContain('without root: no slow disk');
    expect(stderr).toContain('tests that need them are skipped');
  });

  it('refuses a purpose that it does not know', async () => {
    expect((await setup(['--for', 'fun'], '')).exitCode).toBe(2);
  });
});
