import { readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../core/errors.ts';
import { startDetached } from '../runners/detached.ts';
import { runLocal } from '../runners/local.ts';
import { pathsOf } from './disk-manifest.ts';
import { loopDevicesOn } from './mounts.ts';
import { endProcess, processesOf } from './processes.ts';

const START_MS = 10_000;
/** nbdkit takes delays in microseconds from 1.40 on, before that in milliseconds. */
const FINE_MS = 0.05;
const COARSE_MS = 1;

/** The smallest step in which nbdkit's delay can be chosen here, in milliseconds. */
export async function delayStepMs(): Promise<number> {
  const args = ['--filter=delay', 'null', 'delay-write=1500us', '--run', 'true'];
  const outcome = await runLocal({ file: 'nbdkit', args, timeoutMs: 5000 });
  return outcome.status === 'captured' ? FINE_MS : COARSE_MS;
}

/**
 * Serves the image as a file in the disk's folder, each write late by `delayMs`, puts that file on a loop device and
 * mounts it. Undone by `stopServing`, also from half way.
 * @returns the loop device, for example "/dev/loop0"
 * @throws UserError with what the failing program said
 */
export async function startServing(
  { folder, image, delayMs }: { readonly folder: string; readonly image: string; readonly delayMs: number },
  signal?: AbortSignal,
): Promise<string> {
  const { fuseFolder, served, pidFile, log, mountPoint } = pathsOf(folder);
  await rm(pidFile, { force: true });
  const server = startDetached(
    {
      file: 'nbdfuse',
      args: [
        ...['-P', pidFile, served],
        ...['[', 'nbdkit', '--foreground', '--exit-with-parent', '--filter=delay', 'file', `file=${image}`],
        ...[`delay-write=${formatDelay(delayMs)}`, ']'],
      ],
      timeoutMs: START_MS,
    },
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

/** Takes the mount, the loop device and the server away, and leaves image and folder. @throws UserError */
export async function stopServing(folder: string, signal?: AbortSignal): Promise<void> {
  const { served, mountPoint } = pathsOf(folder);
  await step('umount', [mountPoint], signal);
  for (const device of loopDevicesOn(served)) await step('losetup', ['--detach', device], signal);
  for (const server of processesOf(['nbdfuse'], [served])) await endProcess(server);
}

/** Runs one step of the creation to its end. @throws UserError when it fails; the signal's reason when interrupted */
export async function step(file: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const command = { file, args, timeoutMs: 60_000, privilege: 'root' };
  const outcome = await runLocal(command, signal);
  signal?.throwIfAborted();
  if (outcome.status !== 'captured') throw failure(outcome.reason ?? outcome.status);
  return outcome.stdout;
}

function formatDelay(delayMs: number): string {
  return Number.isInteger(delayMs) ? `${delayMs}ms` : `${Math.round(delayMs * 1000)}us`;
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
