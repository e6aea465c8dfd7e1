import { expect, it } from 'vitest';
import { prepareDisk } from '../../src/replay/stage-disk.ts';
import { Undo } from '../../src/replay/undo.ts';

it('a folder that cannot be written to is bad input, not a failure of ours', async () => {
  const signal = new AbortController().signal;
  for (const folder of ['/nonexistent', '/dev/null', '/proc']) {
    const made = prepareDisk({ disk: 'none', folder, signal, progress: () => undefined }, new Undo());
    await expect(made).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`no data can be put below ${folder} \\(E\\w+\\); --folder`)),
      exitCode: 2,
    });
  }
});
