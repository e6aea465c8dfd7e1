import type { CommandSpec } from '../core/capture.ts';
import { UserError } from '../core/errors.ts';
import type { LoadSample } from '../lab/load.ts';
import { stateDir } from '../lab/state.ts';
import { openTopology, type Topology, type TopologyKind, topologySupport } from '../lab/topology.ts';
import { type AskOptions, ask, type Load, send, startLoad } from './stage-client.ts';
import { type DiskChoice, prepareDisk } from './stage-disk.ts';
import { startApp, startServer } from './stage-processes.ts';
import { Undo } from './undo.ts';

export interface StageRequest {
  readonly server: 'bundled' | 'redis';
  readonly directives: Readonly<Record<string, string>>;
  readonly disk: DiskChoice;
  readonly topology: TopologyKind;
  /** Wished sync time of the disk, in milliseconds; absent: the disk there is. */
  readonly fsyncMs?: number;
  /** An existing folder for the data, on whatever disk it lies; then no disk is made. */
  readonly folder?: string;
  /** False: the slow application is not needed. */
  readonly app?: boolean;
  /** How this program is called again. */
  readonly self: readonly [string, ...string[]];
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** What a report of a replay tells of the stage. */
export interface StageFacts {
  readonly serverPid: number;
  readonly serverPort: number;
  readonly serverName: string;
  readonly serverContainer?: string;
  readonly appPid?: number;
  readonly appContainer?: string;
  /** As the client reaches it. */
  readonly appUrl?: string;
  readonly topology: TopologyKind;
  /** The topology in one line for a person. */
  readonly network: string;
  /** "loop0, made slow for this lab", or which one there is. */
  readonly disk: string;
  /** Median sync of an appended record there; absent when it could not be measured. */
  readonly fsyncMs?: number;
  /** What is not as it was asked for, because this machine cannot do it: one line each, without a full stop. */
  readonly different: readonly string[];
}

/** The patient, live: a server with its data on some disk, and the application before it. */
export interface Stage {
  readonly facts: StageFacts;
  /** Where the server's data lies. */
  readonly folder: string;
  /** Requests of a path of the application from where the client is, one after the other. @throws UserError */
  ask(path: string, options: AskOptions): Promise<LoadSample[]>;
  /** The client loop on a path of the application. */
  load(path: string): Load;
  /** One command for the server, as words; its reply. @throws UserError with the server's error */
  send(words: readonly string[]): Promise<unknown>;
  /** A command that runs where the server's network is, and one that runs where the client is. */
  beside(spec: CommandSpec): CommandSpec;
  outside(spec: CommandSpec): CommandSpec;
  /** A command of a container engine so that it sees the stage's containers. */
  engine(spec: CommandSpec): CommandSpec;
  /** Ends what was started and removes what was made. Harmless when called twice. */
  close(): Promise<void>;
}

/** @throws UserError when a part does not start; what had been started is ended then */
export async function setStage(request: StageRequest): Promise<Stage> {
  const { signal, progress, self } = request;
  const undo = new Undo();
  const close = async () => {
    if (undo.isEmpty) return;
    progress('cleaning up');
    await undo.run((error) => progress(`clean-up: ${error.message}`));
  };
  try {
    const disk = await prepareDisk(request, undo);
    signal.throwIfAborted();
    const { topology, different } = await findTopology(request, undo);
    signal.throwIfAborted();
    const parts = { topology, self, signal };
    progress(request.app === false ? 'starting the server' : 'starting the server and the application');
    const server = await startServer(request.server, request.directives, disk.folder, parts, undo);
    signal.throwIfAborted();
    const app = request.app === false ? undefined : await startApp(server, parts, undo);
    const appUrl = app && `http://${topology.host}:${app.port}`;
    const urlOf = (path: string) => {
      if (appUrl === undefined) throw new UserError('no application was started for this scenario.');
      return `${appUrl}${path}`;
    };
    return {
      facts: {
        serverPid: server.pid,
        serverPort: server.port,
        serverName: request.server === 'redis' ? 'redis-server' : 'perfcase kv',
        ...(server.container === undefined ? {} : { serverContainer: server.container }),
        ...(app ? { appPid: app.pid } : {}),
        ...(app?.container === undefined ? {} : { appContainer: app.container }),
        ...(appUrl === undefined ? {} : { appUrl }),
        topology: topology.kind,
        network: topology.description,
        disk: disk.description,
        ...(disk.fsyncMs === undefined ? {} : { fsyncMs: disk.fsyncMs }),
        different: [disk.different, different].filter((line) => line !== undefined),
      },
      folder: disk.folder,
      ask: (path, options) => ask(urlOf(path), options, parts),
      load: (path) => startLoad(urlOf(path), parts),
      send: (words) => send(server.port, words, parts),
      beside: topology.beside,
      outside: topology.outside,
      engine: topology.engine,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where the machine cannot do what was asked for, the scenario runs on what there is, and says so. */
async function findTopology(
  { topology: wanted, signal }: StageRequest,
  undo: Undo,
): Promise<{ topology: Topology; different?: string }> {
  const options = { signal, stateDir: stateDir() };
  const support = topologySupport(wanted);
  const topology = await openTopology(support.ok ? wanted : 'local', options);
  undo.push(() => topology.close());
  if (support.ok) return { topology };
  return { topology, different: `all processes share the machine’s network: ${support.reason}` };
}
