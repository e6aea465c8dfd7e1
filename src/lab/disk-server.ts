import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../core/errors.ts';
import { startDetached } from '../runners/detached.ts';
import { runLocal } from '../runners/local.ts';
import { aheadOfOthers } from './ahead-of-others.ts';
import { pathsOf } from './disk-manifest.ts';
import { ourCommandOrBuilt } from './our-program.ts';
import { delayText } from './serve-image.ts';

const START_MS = 10_000;

/**
 * Serves the image as a file in the disk's folder (nbdfuse, and perfcase behind it), each write as late as `setDelay`
 * says, puts that file on a loop device and mounts it.
 * @returns the loop device, for example "/dev/loop0"
 * @throws UserError with what the failing program said
 */
export async function startServing(
  { folder, image }: { readonly folder: string; readonly image: string },
  signal?: AbortSignal,
): Promise<string> {
  const { fuseFolder, served, delayFile, pidFile, log, mountPoint } = pathsOf(folder);
  await rm(pidFile, { force: true });
  const serve = ['disk', 'serve', image, delayFile];
  const server = startDetached(
    await aheadOfOthers({
      file: 'nbdfuse',
      args: ['-P', pidFile, served, '--command', ...ourCommandOrBuilt(), ...serve],
      timeoutMs: START_MS,
    }),
    { logFile: log },
  );
  const ended = server.ended.then(async (reason) => {
    throw failure(`${reason}${await lastLine(log)}`);
  });
  ended.catch(() => undefined);
  await Promise.race([ended, untilWritten(pidFile, fuseFolder, signal)]);
  const attach = ['--find', '--show', '--direct-io=on', served];
  const loopDevice = (await step('losetup', attach, signal)).trim();
  await step('mount', ['-t', 'ext4', '-o', 'noatime', loopDevice, mountPoint], signal);
  return loopDevice;
}

/** How late each write is from now on, in milliseconds. Takes effect at once. */
export async function setDelay(folder: string, delayMs: number): Promise<void> {
  await writeFile(pathsOf(folder).delayFile, delayText(delayMs), { flag: 'r+' }).catch(() =>
    writeFile(pathsOf(folder).delayFile, delayText(delayMs)),
  );
}

/** Runs one step of the creation to its end. @throws UserError when it fails; the signal's reason when interrupted */
export async function step(file: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const command = { file, args, timeoutMs: 60_000, privilege: 'root' };
  const outcome = await runLocal(command, signal);
  signal?.throwIfAborted();
  if (outcome.status !== 'captured') throw failure(outcome.reason ?? outcome.status);
  return outcome.stdout;
}

/** nbdfuse writes its pid when the file is there. */
async function untilWritten(pidFile: string, fuseFolder: string, signal?: AbortSignal): Promise<void> {
  const until = performance.now() + START_MS;
  for (;;) {
    signal?.throwIfAborted();
    const size = await stat(pidFile).then(
      (found) => found.size,
      () => 0,
    );
    if (size > 0) return;
    if (performance.now() > until)
      throw failure(`nbdfuse did not mount ${fuseFolder} within ${START_MS / 1000} s`);
    await sleep(10);
  }
}

async function lastLine(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const line = text.trim().split('\n').at(-1);
  return line ? `: ${line}` : '';
}

function failure(what: string): UserError {
  return new UserError(`the slow disk cannot be made: ${what}.`, EXIT.failure);
}
