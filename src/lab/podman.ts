import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandSpec } from '../core/capture.ts';
import { runLocal } from '../runners/local.ts';
import type { ContainerEngine } from './container-engine.ts';
import { createNetns } from './netns.ts';
import { childrenOf, endProcess, killProcess, processesWithEnv } from './processes.ts';

/**
 * Runs podman in a mount namespace of its own: nothing that it mounts is seen outside, and all of it goes with the
 * last process of a container. podman takes a mixed cgroup hierarchy, which some machines have, for an error; in
 * there it is hidden.
 */
const IN_MOUNT_NAMESPACE = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"';

/** No cgroups are needed, and not every machine lets us make any. containers.conf(5), containers-storage.conf(5) */
const CONTAINERS_CONF = (folder: string) => `[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "${join(folder, 'tmp')}"
[containers]
cgroups = "disabled"
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
`;
const STORAGE_CONF = (folder: string) => `[storage]
driver = "vfs"
graphroot = "${join(folder, 'graph')}"
runroot = "${join(folder, 'run')}"
`;

/** podman with storage of its own in `folder`, and a network namespace for its containers. */
export async function openPodman(
  folder: string,
  options: { readonly signal: AbortSignal; readonly stateDir: string },
): Promise<ContainerEngine> {
  for (const name of ['tmp', 'graph', 'run']) await mkdir(join(folder, name));
  await writeFile(confOf(folder), CONTAINERS_CONF(folder));
  await writeFile(join(folder, 'storage.conf'), STORAGE_CONF(folder));
  const netns = await createNetns(options);
  const command = (spec: CommandSpec) => podmanIn(folder, spec);
  let first: string | undefined;
  return {
    name: 'podman',
    netns: netns.path,
    command,
    run: (role, { file, args, ...rest }, folders) => {
      const network = first === undefined ? `ns:${netns.path}` : `container:${first}`;
      first ??= role;
      const flags = ['--rm', '--name', role, `--network=${network}`, '--log-driver=none'];
      const volumes = folders.map((path) => `--volume=${path}:${path}`);
      const rootfs = ['--security-opt=label=disable', '--rootfs', '/:O'];
      return command({
        ...rest,
        file: 'podman',
        args: ['run', ...flags, ...volumes, ...rootfs, file, ...args],
      });
    },
    containerName: (role) => role,
    close: async () => {
      await destroyPodman(folder);
      await netns.destroy();
    },
  };
}

function podmanIn(folder: string, spec: CommandSpec): CommandSpec {
  return {
    ...spec,
    title: 'podman',
    file: 'unshare',
    args: [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      IN_MOUNT_NAMESPACE,
      'sh',
      spec.file,
      ...spec.args,
    ],
    env: {
      ...spec.env,
      CONTAINERS_CONF: confOf(folder),
      CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    },
  };
}

/** Ends what runs there, asked by podman or, where that fails, by hand. The folder itself stays. */
export async function destroyPodman(folder: string): Promise<void> {
  const ours = () => processesWithEnv('CONTAINERS_CONF', confOf(folder));
  // Whoever waits for a container may make it anew, or wait for ever once another podman has removed it.
  for (const waiting of ours().filter(({ comm }) => comm === 'podman')) await killProcess(waiting);
  const all = ['rm', '--all', '--force', '--time', '1'];
  await runLocal(podmanIn(folder, { file: 'podman', args: all, timeoutMs: 20_000 }));
  // A container whose creation was interrupted is not always in podman's books, but it has a monitor.
  for (const monitor of ours()) {
    for (const child of childrenOf(monitor.pid)) await killProcess(child);
    await endProcess(monitor);
  }
}

function confOf(folder: string): string {
  return join(folder, 'containers.conf');
}
