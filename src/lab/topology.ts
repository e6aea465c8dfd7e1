import type { CommandSpec } from '../core/capture.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { type Background, startBackground } from '../runners/background.ts';
import { dyingWithUs } from '../runners/guarded.ts';
import { containerSupport, openContainers } from './containers.ts';
import { createNetns, netnsSupport } from './netns.ts';
import type { Support } from './support.ts';
import { CLIENT_ADDRESS, linkNetns, SERVER_ADDRESS } from './veth.ts';

/**
 * Where the processes of a scenario run.
 * - local: all of them beside perfcase, on the machine's loopback
 * - netns: server and application in one network namespace, the client in another, a veth pair between them
 * - container: the same, server and application each in a container, the application in the server's network
 */
export const TOPOLOGIES = ['local', 'netns', 'container'] as const;
export type TopologyKind = (typeof TOPOLOGIES)[number];

/** A process of the stage. */
export interface Started extends Background {
  /** Of the process itself, as this machine counts, also when it is the first in a container. */
  readonly pid: number;
  /** The name of the container that it runs in. */
  readonly container?: string;
}

export interface StartRequest {
  /** Names its container. */
  readonly role: string;
  readonly command: CommandSpec;
  /** Folders of this machine that it uses, which a container has to be given; others it may read at most. */
  readonly folders: readonly string[];
  readonly onOutput: (chunk: Buffer) => void;
}

export interface Topology {
  readonly kind: TopologyKind;
  /** One line for a person, for example "server and application share a network namespace; the client is outside". */
  readonly description: string;
  /** The address on which what the client asks must listen, and under which the client reaches it. */
  readonly host: string;
  /** Every port is free there, so that the usual ones can be taken; otherwise ports have to be searched for. */
  readonly ownPorts: boolean;
  /** A short command that sees the server's network and this machine's files. Of a container only while it runs. */
  beside(spec: CommandSpec): CommandSpec;
  /** A command of the client. */
  outside(spec: CommandSpec): CommandSpec;
  /** A command of a container engine that sees the containers of this stage. */
  engine(spec: CommandSpec): CommandSpec;
  /**
   * Starts a process that runs until it is stopped, and dies with us. The first one brings the network that the later
   * ones share.
   * @throws UserError when it does not start
   */
  start(request: StartRequest): Promise<Started>;
  /** Ends what is still inside and removes every trace. */
  close(): Promise<void>;
}

export interface TopologyOptions {
  readonly signal: AbortSignal;
  readonly stateDir: string;
}

/** Whether this machine can do it. */
export function topologySupport(kind: TopologyKind): Support {
  if (kind === 'local') return { ok: true };
  const network = netnsSupport();
  return kind === 'netns' || !network.ok ? network : containerSupport();
}

/** @throws UserError where the machine cannot do it; the signal's reason when interrupted */
export async function openTopology(kind: TopologyKind, options: TopologyOptions): Promise<Topology> {
  const support = topologySupport(kind);
  if (!support.ok) throw new UserError(`${support.reason}.`, EXIT.inconclusive);
  if (kind === 'netns') return openNetns(options);
  if (kind === 'container') return openContainers(options);
  return LOCAL;
}

const asItIs = (spec: CommandSpec) => spec;

const LOCAL: Topology = {
  kind: 'local',
  description: 'plain processes on this machine’s loopback, the client among them',
  host: '127.0.0.1',
  ownPorts: false,
  beside: asItIs,
  outside: asItIs,
  engine: asItIs,
  start: ({ command, onOutput }) => startPlain(command, onOutput),
  close: async () => undefined,
};

async function openNetns(options: TopologyOptions): Promise<Topology> {
  const inside = await createNetns(options);
  try {
    const outside = await createNetns(options);
    try {
      await linkNetns(outside, inside.path, options.signal);
    } catch (error) {
      await outside.destroy();
      throw error;
    }
    return {
      kind: 'netns',
      description:
        `server and application in a network namespace of their own (${SERVER_ADDRESS}), ` +
        `the client in another (${CLIENT_ADDRESS})`,
      host: SERVER_ADDRESS,
      ownPorts: true,
      beside: inside.command,
      outside: outside.command,
      engine: asItIs,
      start: ({ command, onOutput }) => startPlain(inside.command(command), onOutput),
      close: async () => {
        await inside.destroy();
        await outside.destroy();
      },
    };
  } catch (error) {
    await inside.destroy();
    throw error;
  }
}

/** nsenter and setpriv become the program they start, so the pid is the program's own. */
async function startPlain(command: CommandSpec, onOutput: (chunk: Buffer) => void): Promise<Started> {
  const child = startBackground(dyingWithUs(command), onOutput);
  if (child.pid === undefined) throw new UserError(`${command.file} cannot be started.`, EXIT.failure);
  return { ...child, pid: child.pid };
}
