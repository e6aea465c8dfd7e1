import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOutputFile } from '../../src/cli/recording/output-file.ts';
import { EXIT } from '../../src/core/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perfcase-output-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nowhere = new Writable({ write: (_bytes, _encoding, done) => done() });
const io = {
  ...{ stdout: nowhere, stderr: nowhere, env: {}, exitCode: EXIT.ok },
  signal: new AbortController().signal,
};

it('a new file that nothing was written to is not left behind', async () => {
  const path = join(folder, 'empty');
  const file = await openOutputFile(path, '--output', false, io);
  await file.close();
  expect(existsSync(path)).toBe(false);

  const filled = await openOutputFile(path, '--output', false, io);
  await filled.write(Buffer.from('x'));
  await filled.close();
  expect(readFileSync(path, 'utf8')).toBe('x');
});

it('a file that was there before stays, even if nothing was written to it', async () => {
  const path = join(folder, 'before');
  writeFileSync(path, 'old');
  const file = await openOutputFile(path, '--output', true, io);
  await file.close();
  expect(existsSync(path)).toBe(true);
});

it('a folder is no file', async () => {
  await expect(openOutputFile(folder, '--output', false, io)).rejects.toMatchObject({
    message: `--output ${folder} cannot be written (it is a directory); nothing was started.`,
  });
});
