import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { VERSION } from '../../src/core/version.ts';
import { itNeeds } from '../support/requirements.ts';
import { DIST } from '../support/scene.ts';

const run = (file: string, ...args: string[]) =>
  execFileSync(process.execPath, [join(DIST, file), ...args], { encoding: 'utf8' });

itNeeds(['dist'], 'the quick entry says what the whole CLI says', () => {
  expect(run('perfcase.js', '--version')).toBe(`${VERSION}\n`);
  expect(run('perfcase.js', '-V')).toBe(run('main.mjs', '--version'));
  expect(run('perfcase.js', '--help')).toBe(run('main.mjs', '--help'));
  expect(run('perfcase.js', '-h')).toBe(run('main.mjs', 'help'));
  expect(run('perfcase.js', 'list', '--help')).toBe(run('main.mjs', 'help', 'list'));
});
