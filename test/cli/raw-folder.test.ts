import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { RawCapture } from '../../src/capture/raw-capture.ts';
import { makeRawFolder, writeRaw } from '../../src/cli/raw-folder.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const capture = {
  outputs: [{ probe: 'top', source: 'top', text: 'top - 10:00:00 up 1 day\n' }],
} as unknown as RawCapture;

async function rawFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'perfcase-test-'));
  folders.push(parent);
  const folder = join(parent, 'raw');
  makeRawFolder(folder);
  return folder;
}

it('keeps what a tool printed, word for word', async () => {
  const folder = await rawFolder();
  expect(await writeRaw(folder, capture)).toBeUndefined();
  expect(await readFile(join(folder, 'top.txt'), 'utf8')).toBe('top - 10:00:00 up 1 day\n');
});

it('a folder that cannot be written is told behind the report, and takes nothing from it', async () => {
  const folder = await rawFolder();
  await rm(folder, { recursive: true });
  expect(await writeRaw(folder, capture)).toMatchObject({
    message: `${folder} cannot be written (ENOENT).`,
    exitCode: 1,
  });
});
