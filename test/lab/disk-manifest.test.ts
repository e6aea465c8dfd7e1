import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isInOthersHands, isStale } from '../../src/lab/disk-destroy.ts';
import {
  checkDiskName,
  claimFolder,
  type DiskManifest,
  dropFolder,
  listDisks,
  updateManifest,
} from '../../src/lab/disk-manifest.ts';
import { ourselves } from '../../src/lab/owner.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pctest-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function manifest(changes: Partial<DiskManifest> = {}): DiskManifest {
  return {
    schema: 'perfcase.disk/1',
    name: 'lab',
    image: '/dev/shm/perfcase-disk-lab-1-2.img',
    sizeMiB: 64,
    wishMs: 8,
    owner: ourselves(),
    bound: false,
    ...changes,
  };
}
const ready = { loopDevice: '/dev/loop0', delayMs: 2, fsync: { p10Ms: 7, p50Ms: 7, p99Ms: 8, samples: 50 } };
const ended = { pid: 2 ** 22 + 1, startTicks: 1 };

it('keeps a manifest from before the first step until the folder is gone', async () => {
  const folder = await claimFolder(root, manifest());
  await updateManifest(folder, manifest({ ready }));
  expect(await listDisks(root)).toEqual([{ folder, manifest: manifest({ ready }) }]);
  await expect(claimFolder(root, manifest())).rejects.toThrow('already');
  expect(readdirSync(join(root, 'disks'))).toEqual(['lab']);
  await dropFolder(folder);
  expect(await listDisks(root)).toEqual([]);
});

it('removes what an interrupted creation or removal has left', async () => {
  for (const name of ['.new-4194305-1-x', 'half-removed'])
    mkdirSync(join(root, 'disks', name), { recursive: true });
  writeFileSync(join(root, 'disks/.new-4194305-1-x/manifest.json'), '{');
  expect(await listDisks(root)).toEqual([]);
  expect(readdirSync(tmpdir())).not.toContain(root);
});

it('leaves a folder alone whose creator is still at it', async () => {
  const { pid, startTicks } = ourselves();
  mkdirSync(join(root, 'disks', `.new-${pid}-${startTicks}-x`), { recursive: true });
  expect(await listDisks(root)).toEqual([]);
  expect(readdirSync(join(root, 'disks'))).toHaveLength(1);
});

it('refuses a manifest that names a file which no disk of ours has', async () => {
  await claimFolder(root, manifest({ image: '/etc/passwd' }));
  await expect(listDisks(root)).rejects.toThrow('not of this version');
});

it('refuses names that are paths', () => {
  for (const name of ['', '..', 'a/b', '.new', 'a b', 'x'.repeat(33)]) {
    expect(() => checkDiskName(name)).toThrow('cannot name a disk');
  }
  expect(checkDiskName('lab-2')).toBe('lab-2');
});

it.each([
  ['kept and ready', manifest({ ready, owner: ended }), false],
  ['kept, not finished, its creator gone', manifest({ owner: ended }), true],
  ['bound, its owner gone', manifest({ ready, bound: true, owner: ended }), true],
  ['bound, its owner running', manifest({ ready, bound: true }), false],
  ['being made', manifest(), false],
])('a disk that is %s: stale or not', (_, it, stale) => {
  expect(isStale({ folder: root, manifest: it })).toBe(stale);
});

it('is in the hands of a running process that is not us', () => {
  const parent = manifest({ owner: ourselves(), bound: true });
  expect(isInOthersHands({ folder: root, manifest: parent })).toBe(false);
  expect(isInOthersHands({ folder: root, manifest: parent }, process.pid + 1)).toBe(true);
  expect(isInOthersHands({ folder: root, manifest: manifest({ ready }) }, process.pid + 1)).toBe(false);
});
