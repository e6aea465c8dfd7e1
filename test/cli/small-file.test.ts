import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSmallFile } from '../../src/cli/small-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'small-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('reads a file whole, across the bounds of its chunks', () => {
  const path = join(folder, 'file');
  for (const text of ['', 'a\n', `${'x'.repeat(65_535)}ü${'y'.repeat(200_000)}`]) {
    writeFileSync(path, text);
    expect(readSmallFile(path)).toBe(text);
  }
});

it('gives up on what does not end, and on what is no file', () => {
  expect(() => readSmallFile('/dev/zero', 1e6)).toThrow(expect.objectContaining({ code: 'EFBIG' }));
  expect(() => readSmallFile(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  expect(() => readSmallFile(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
