import type { CommandSpec } from '../core/capture.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { runLocal } from '../runners/local.ts';
import type { NetworkNamespace } from './netns.ts';

/** Both ends lie in namespaces of our own making: these addresses meet nobody else's, however many labs there are. */
export const CLIENT_ADDRESS = '10.77.0.1';
export const SERVER_ADDRESS = '10.77.0.2';
const NETWORK_BITS = 30;
const DEVICE = 'lab0';

/**
 * Joins a namespace of ours with another one by a veth pair (veth(4)), and gives each end its address. The pair is
 * made inside, so the machine's own network never sees it; it goes with either of its namespaces.
 * @param server the other namespace, as ip-link(8) takes it: the path of a file that stands for it
 * @throws UserError with what ip said
 */
export async function linkNetns(
  client: NetworkNamespace,
  server: string,
  signal?: AbortSignal,
): Promise<void> {
  const ip = async (where: (spec: CommandSpec) => CommandSpec, ...args: string[]) => {
    const outcome = await runLocal(where({ file: 'ip', args, timeoutMs: 10_000 }), signal);
    signal?.throwIfAborted();
    if (outcome.status !== 'captured')
      throw new UserError(`no veth pair can be made here: ${outcome.reason}.`, EXIT.failure);
  };
  const inServer = (spec: CommandSpec): CommandSpec => ({
    ...spec,
    file: 'nsenter',
    args: [`--net=${server}`, '--', spec.file, ...spec.args],
  });
  const peer = ['peer', 'name', DEVICE, 'netns', server];
  await ip(client.command, 'link', 'add', DEVICE, 'type', 'veth', ...peer);
  for (const [where, address] of [
    [client.command, CLIENT_ADDRESS],
    [inServer, SERVER_ADDRESS],
  ] as const) {
    await ip(where, 'address', 'add', `${address}/${NETWORK_BITS}`, 'dev', DEVICE);
    await ip(where, 'link', 'set', DEVICE, 'up');
  }
}
