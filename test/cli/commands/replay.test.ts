import { Command } from 'commander';
import { expect, it } from 'vitest';
import { configure } from '../../../src/cli/commands/replay.ts';

it.each([
  [['--container', '--topology', 'netns'], /--container and --topology netns exclude each other/],
  [['--disk', 'hdd', '--folder', '/tmp'], /--disk hdd makes a disk of its own/],
])('%j contradict each other: nothing is started', async (options, message) => {
  const command = new Command('replay').exitOverride();
  const { stdout, stderr } = process;
  const signal = new AbortController().signal;
  configure(command, { stdout, stderr, env: {}, signal, exitCode: 0 });
  const ended = command.parseAsync(['redis-slow', ...options], { from: 'user' });
  await expect(ended).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
});
