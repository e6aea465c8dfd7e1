import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../core/errors.ts';
import { startBackground } from '../runners/background.ts';
import { dyingWithUs } from '../runners/guarded.ts';
import { runLocal } from '../runners/local.ts';
import { type ContainerEngine, chooseEngine, programFolders } from './container-engine.ts';
import { openEngine } from './container-folders.ts';
import { createNetns, type NetworkNamespace } from './netns.ts';
import { type Support, supportOf, unsupported } from './support.ts';
import type { Started, StartRequest, Topology, TopologyOptions } from './topology.ts';
import { CLIENT_ADDRESS, linkNetns, SERVER_ADDRESS } from './veth.ts';

const PROGRAMS = { unshare: 'util-linux', umount: 'mount', setpriv: 'util-linux' } as const;
/** Laying the overlay and starting the runtime; a busy machine may need a few seconds. */
const START_MS = 20_000;

/** Whether containers can be started here. */
export function containerSupport(): Support {
  const support = supportOf('a container', PROGRAMS);
  if (!support.ok || chooseEngine()) return support;
  return unsupported('a container needs podman (apt-get install podman brings it) or docker');
}

/**
 * As in the case: the server in a container, the application in another one that shares its network, the client
 * outside. The containers see this machine's own files under an overlay, so no image is needed.
 * @throws UserError; the signal's reason when interrupted
 */
export async function openContainers(options: TopologyOptions): Promise<Topology> {
  const { signal, stateDir } = options;
  const client = await createNetns(options);
  let engine: ContainerEngine | undefined;
  const close = async () => {
    // Containers first: they hold their network, and use the disk.
    await engine?.close();
    await client.destroy();
  };
  try {
    engine = await openEngine(stateDir, signal);
    await linkNetns(client, engine.netns, signal);
  } catch (error) {
    await close();
    throw error;
  }
  return topologyOf(engine, client, signal, close);
}

function topologyOf(
  engine: ContainerEngine,
  client: NetworkNamespace,
  signal: AbortSignal,
  close: () => Promise<void>,
): Topology {
  return {
    kind: 'container',
    description:
      `server and application in containers of ${engine.name} that share a network (${SERVER_ADDRESS}), ` +
      `the client outside (${CLIENT_ADDRESS})`,
    host: SERVER_ADDRESS,
    ownPorts: true,
    beside: (spec) => ({
      ...spec,
      file: 'nsenter',
      args: [`--net=${engine.netns}`, '--', spec.file, ...spec.args],
    }),
    outside: client.command,
    engine: (spec) => (spec.file === engine.name ? engine.command(spec) : spec),
    start: (request) => startContainer(engine, request, signal),
    close,
  };
}

/** The engine stays in the foreground: it hands the output on, passes signals in, and ends with us. */
async function startContainer(
  engine: ContainerEngine,
  { role, command, folders, onOutput }: StartRequest,
  signal: AbortSignal,
): Promise<Started> {
  let said = '';
  const seen = [...folders, ...(await programFolders(command))];
  const child = startBackground(dyingWithUs(engine.run(role, command, seen)), (chunk) => {
    said = (said + chunk.toString('utf8')).slice(-4096);
    onOutput(chunk);
  });
  let isOver = false;
  void child.ended.then(() => {
    isOver = true;
  });
  const until = performance.now() + START_MS;
  for (;;) {
    signal.throwIfAborted();
    const pid = await pidOf(engine, role, signal);
    if (pid !== undefined) return { ...child, pid, container: engine.containerName(role) };
    if (isOver || performance.now() > until) {
      child.stop();
      const why = said.trim().split('\n').at(-1);
      throw new UserError(`the container ${role} did not start${why ? `: ${why}` : ''}.`, EXIT.failure);
    }
    await sleep(100);
  }
}

/** Of the container's first process; undefined while it does not run. */
async function pidOf(
  engine: ContainerEngine,
  role: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const args = ['inspect', '--type', 'container', '--format', '{{.State.Pid}}', engine.containerName(role)];
  const outcome = await runLocal(engine.command({ file: engine.name, args, timeoutMs: 10_000 }), signal);
  const pid = Number(outcome.stdout);
  return outcome.status === 'captured' && pid > 0 ? pid : undefined;
}
