import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isMounted, loopDevicesOn, parseMountPoints } from '../../src/lab/mounts.ts';

it('reads mount points, with blanks and backslashes in them', () => {
  const text = [
    '22 27 0:21 / /proc rw,relatime - proc proc rw',
    String.raw`36 35 7:0 / /mnt/a\040b\134c rw,noatime shared:1 - ext4 /dev/loop0 rw`,
    '',
  ].join('\n');
  expect(parseMountPoints(text)).toEqual(['/proc', String.raw`/mnt/a b\c`]);
});

it('knows what is mounted here', () => {
  expect([isMounted('/proc'), isMounted('/proc/self')]).toEqual([true, false]);
});

it('finds loop devices by their file, also when that was deleted', () => {
  const sys = mkdtempSync(join(tmpdir(), 'pctest-'));
  const files = { loop0: '/run/a\n', loop1: '/run/b (deleted)\n', loop2: undefined, sda: '/run/a\n' };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(sys, name, 'loop'), { recursive: true });
    if (text) writeFileSync(join(sys, name, 'loop/backing_file'), text);
  }
  expect([loopDevicesOn('/run/a', sys), loopDevicesOn('/run/b', sys), loopDevicesOn('/run', sys)]).toEqual([
    ['/dev/loop0'],
    ['/dev/loop1'],
    [],
  ]);
  rmSync(sys, { recursive: true });
});
