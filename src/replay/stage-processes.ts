import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { splitAddress } from '../core/addresses.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { Started, Topology } from '../lab/topology.ts';
import { socketsOf } from '../probes/proc/sockets.ts';
import { isOnPath } from '../runners/on-path.ts';
import type { Undo } from './undo.ts';

/** A process of the stage that listens on a port. */
export interface Listener {
  readonly pid: number;
  readonly port: number;
  readonly container?: string;
}

interface Parts {
  readonly topology: Topology;
  /** How this program is called again. */
  readonly self: readonly [string, ...string[]];
  readonly signal: AbortSignal;
}

const READY_MS = 15_000;
const LIFE_MS = 3_600_000;
/** Where a stage has all ports for itself, it takes those of the case. */
const SERVER_PORT = 6379;
const APP_PORT = 10_000;

/** @throws UserError when it does not start */
export async function startServer(
  kind: 'bundled' | 'redis',
  directives: Readonly<Record<string, string>>,
  folder: string,
  parts: Parts,
  undo: Undo,
): Promise<Listener> {
  const { topology, self } = parts;
  const flags = Object.entries({ bind: '127.0.0.1', save: '', ...directives, dir: folder }).flatMap(
    ([name, value]) => [`--${name}`, value],
  );
  if (kind === 'bundled') {
    const port = topology.ownPorts ? SERVER_PORT : 0;
    const child = await start(
      'redis',
      [...self, 'kv', '--port', String(port), ...flags],
      [folder],
      parts,
      undo,
    );
    return { ...place(child), port: await readyPort(child, 'perfcase kv', parts.signal) };
  }
  if (!isOnPath('redis-server')) {
    throw new UserError(
      'redis-server is not installed; apt-get install redis-server brings it.',
      EXIT.inconclusive,
    );
  }
  const port = topology.ownPorts ? SERVER_PORT : await freePort();
  const command = ['redis-server', '--port', String(port), '--daemonize', 'no', ...flags];
  const child = await start('redis', command, [folder], parts, undo);
  await until(() => listensOn(child.pid, port), child, 'redis-server', parts.signal);
  return { ...place(child), port };
}

/** The slow application, in the server's network. @throws UserError when it does not start */
export async function startApp(server: Listener, parts: Parts, undo: Undo): Promise<Listener> {
  const { topology, self } = parts;
  const port = topology.ownPorts ? APP_PORT : 0;
  const at = ['--host', topology.host, '--port', String(port)];
  const command = [...self, 'app', ...at, '--redis', `127.0.0.1:${server.port}`];
  const child = await start('app', command, [], parts, undo);
  return { ...place(child), port: await readyPort(child, 'perfcase app', parts.signal) };
}

function place({ pid, container }: Started): Omit<Listener, 'port'> {
  return container === undefined ? { pid } : { pid, container };
}

interface Child extends Started {
  readonly output: () => string;
  readonly isOver: () => boolean;
}

async function start(
  role: string,
  command: readonly string[],
  folders: readonly string[],
  { topology }: Parts,
  undo: Undo,
): Promise<Child> {
  let output = '';
  let over = false;
  const [file, ...args] = command;
  const child = await topology.start({
    role,
    command: { file: file!, args, timeoutMs: LIFE_MS },
    folders,
    onOutput: (chunk) => {
      if (output.length < 65_536) output += chunk.toString('utf8');
    },
  });
  void child.ended.then(() => {
    over = true;
  });
  undo.push(async () => {
    child.stop('SIGTERM');
    await child.ended;
  });
  return { ...child, output: () => output, isOver: () => over };
}

async function readyPort(child: Child, name: string, signal: AbortSignal): Promise<number> {
  const ready = () => /ready on \S+?:(\d+) /.exec(child.output())?.[1];
  await until(() => ready() !== undefined, child, name, signal);
  return Number(ready());
}

function listensOn(pid: number, port: number): boolean {
  return socketsOf(pid).listening.some(
    ({ localAddress }) => splitAddress(localAddress).port === String(port),
  );
}

async function until(
  condition: () => boolean,
  child: Child,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const patience = performance.now() + READY_MS;
  while (!condition()) {
    signal.throwIfAborted();
    if (child.isOver() || performance.now() > patience) {
      const said = child.output().trim().split('\n').at(-1) ?? '';
      throw new UserError(`${name} did not start${said ? `: ${said}` : '.'}`, EXIT.failure);
    }
    await sleep(20);
  }
}

/** A port of loopback that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
