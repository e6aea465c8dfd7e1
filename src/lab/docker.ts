import { existsSync } from 'node:fs';
import type { CommandSpec } from '../core/capture.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { runLocal } from '../runners/local.ts';
import type { ContainerEngine } from './container-engine.ts';

const LABEL = 'perfcase.stage';
/** An image without a file in it, about 10 kB: what containers see is mounted. */
const IMAGE = 'perfcase-nothing';
const EMPTY_TAR = new Uint8Array(10_240);
/** docker lays no overlay over the machine's own files; these are what programs need of them. */
const MACHINE = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc', '/opt', '/root'];

/**
 * docker, with containers that carry `stage` as their label. A container that does nothing holds the network, so that
 * it is there before the server starts.
 */
export async function openDocker(stage: string, signal: AbortSignal): Promise<ContainerEngine> {
  const containerName = (role: string) => `perfcase-${stage}-${role}`;
  const flags = (role: string) => ['--rm', '--name', containerName(role), '--label', `${LABEL}=${stage}`];
  const machine = MACHINE.filter((path) => existsSync(path)).map((path) => `--volume=${path}:${path}:ro`);
  await docker(['import', '-', IMAGE], signal, EMPTY_TAR);
  const holder = ['run', '--detach', ...flags('network'), '--network=none', ...machine, IMAGE];
  await docker([...holder, 'sleep', 'infinity'], signal);
  const pid = await docker(['inspect', '--format', '{{.State.Pid}}', containerName('network')], signal);
  return {
    name: 'docker',
    netns: `/proc/${Number(pid)}/ns/net`,
    command: (spec) => spec,
    run: (role, { file, args, ...rest }, folders) => ({
      ...rest,
      file: 'docker',
      args: [
        ...['run', ...flags(role), `--network=container:${containerName('network')}`],
        ...[...machine, ...folders.map((path) => `--volume=${path}:${path}`), IMAGE, file, ...args],
      ],
    }),
    containerName,
    close: () => destroyDocker(stage),
  };
}

/** Removes every container with that label, and the image when no other stage uses it. */
export async function destroyDocker(stage: string): Promise<void> {
  const listed = await docker(['ps', '--all', '--quiet', '--filter', `label=${LABEL}=${stage}`]);
  const ids = listed.match(/^[0-9a-f]{12,64}$/gm) ?? [];
  if (ids.length > 0) await docker(['rm', '--force', ...ids]);
  await docker(['rmi', IMAGE]).catch(() => undefined);
}

async function docker(args: readonly string[], signal?: AbortSignal, input?: Uint8Array): Promise<string> {
  const command: CommandSpec = { file: 'docker', args, timeoutMs: 30_000, ...(input ? { input } : {}) };
  const outcome = await runLocal(command, signal);
  signal?.throwIfAborted();
  if (outcome.status !== 'captured')
    throw new UserError(`no container can be made here: ${outcome.reason}.`, EXIT.failure);
  return outcome.stdout;
}
