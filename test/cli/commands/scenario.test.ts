import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/command.ts';
import { configure } from '../../../src/cli/commands/scenario.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenario-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** @returns what was printed; rejects with what a person would be told */
async function scenario(...args: string[]): Promise<string> {
  let text = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const signal = new AbortController().signal;
  const command = new Command('scenario').exitOverride();
  configure(command, { stdout, stderr: stdout, env: {}, signal, exitCode: 0 } satisfies Io);
  await command.parseAsync(args, { from: 'user' });
  return text;
}

describe('scenario new', () => {
  it('refuses a name that is too long before it writes anything', async () => {
    await expect(scenario('new', 'a'.repeat(300), '--dir', folder)).rejects.toMatchObject({
      message: 'the name of a scenario has 64 letters at most, not 300.',
      exitCode: 2,
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('scenario check', () => {
  const expecting = async (from: string, to: string) => {
    const file = join(folder, 'mine', 'scenario.yaml');
    if (!existsSync(file)) await scenario('new', 'mine', '--dir', folder);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(from, to));
    return scenario('check', file);
  };

  it('refuses an expectation of a cause that there is not', async () => {
    expect(await expecting('', '')).toContain('fits the schema');
    await expect(
      expecting('notFound: [fsync-per-write]', 'notFound: [fsync-per-writ]'),
    ).rejects.toMatchObject({
      message: expect.stringContaining('"expect" names "fsync-per-writ"; perfcase list causes'),
      exitCode: 2,
    });
    expect(await expecting('[fsync-per-writ]', '[]')).toContain('fits the schema');
    await expect(expecting('top: n-plus-one-reads', 'top: n-plus-one')).rejects.toThrow('"n-plus-one"');
  });
});
