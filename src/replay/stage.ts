import { mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { splitAddress } from '../core/addresses.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { measureFsync } from '../lab/fsync-time.ts';
import { formatOwner, isRunning, ourselves, parseOwner } from '../lab/owner.ts';
import { createSlowDisk, type SlowDisk } from '../lab/slow-disk.ts';
import { slowDiskSupport } from '../lab/slow-disk-support.ts';
import { socketsOf } from '../probes/proc/sockets.ts';
import { type Background, startBackground } from '../runners/background.ts';
import { dyingWithUs } from '../runners/guarded.ts';

export interface StageRequest {
  readonly server: 'bundled' | 'redis';
  readonly directives: Readonly<Record<string, string>>;
  /** "auto": a slow disk where this machine can make one; "hdd": that or an error; "none": the disk there is. */
  readonly disk: 'auto' | 'hdd' | 'none';
  readonly fsyncMs: number;
  /** How this program is called again. */
  readonly self: readonly [string, ...string[]];
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** The patient, live: a server with its data on some disk, and the application before it. */
export interface Stage {
  readonly serverPid: number;
  readonly serverPort: number;
  readonly serverName: string;
  readonly appPid: number;
  readonly appUrl: string;
  /** "loop0, made slow for this lab", or why it is the disk there is. */
  readonly disk: string;
  /** Median sync of an appended record there; absent when it could not be measured. */
  readonly fsyncMs?: number;
  /** Ends what was started and removes what was made. Harmless when called twice. */
  close(): Promise<void>;
}

const PREFIX = 'perfcase-replay-';
const READY_MS = 15_000;

/** @throws UserError when a part does not start; what had been started is ended then */
export async function setStage(request: StageRequest): Promise<Stage> {
  await removeStale();
  const { signal, progress } = request;
  const undo: (() => Promise<unknown>)[] = [];
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    for (const step of undo.reverse())
      await step().catch((error: Error) => progress(`clean-up: ${error.message}`));
  };
  try {
    const { folder, disk, slow } = await findDisk(request, undo);
    signal.throwIfAborted();
    const fsync = slow ? slow.fsyncP50Ms : await syncTime(folder, signal);
    const server = await startServer(request, folder, undo);
    signal.throwIfAborted();
    const app = await startApp(request, server.port, undo);
    return {
      serverPid: server.pid,
      serverPort: server.port,
      serverName: request.server === 'redis' ? 'redis-server' : 'perfcase kv',
      appPid: app.pid,
      appUrl: `http://127.0.0.1:${app.port}`,
      disk,
      ...(fsync === undefined ? {} : { fsyncMs: fsync }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function findDisk(
  { disk, fsyncMs, signal, progress }: StageRequest,
  undo: (() => Promise<unknown>)[],
): Promise<{ folder: string; disk: string; slow?: SlowDisk }> {
  const support = slowDiskSupport();
  if (disk === 'hdd' && !support.ok) throw new UserError(`--disk hdd: ${support.reason}.`, EXIT.inconclusive);
  if (disk !== 'none' && support.ok) {
    progress('making a slow disk, and measuring it');
    const slow = await createSlowDisk({ fsyncMs, signal });
    undo.push(() => slow.destroy());
    const folder = join(slow.mountPoint, 'data');
    await mkdir(folder);
    return { folder, disk: `${slow.device}, made slow for this lab`, slow };
  }
  const folder = join(tmpdir(), `${PREFIX}${formatOwner(ourselves())}`);
  await mkdir(folder, { mode: 0o700 });
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const why = support.ok ? '' : ` (no slow one: ${support.reason})`;
  return { folder, disk: `the one under ${tmpdir()}${why}` };
}

async function syncTime(folder: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    return (await measureFsync(folder, { samples: 100, limitMs: 2000, signal })).p50Ms;
  } catch {
    return undefined;
  }
}

/** Folders of replays that were killed before they could clean up. */
async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? parseOwner(name.slice(PREFIX.length)) : undefined;
    if (owner && !isRunning(owner)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function startServer(
  { server, directives, self, signal }: StageRequest,
  folder: string,
  undo: (() => Promise<unknown>)[],
): Promise<{ pid: number; port: number }> {
  const flags = Object.entries({ bind: '127.0.0.1', save: '', ...directives, dir: folder }).flatMap(
    ([name, value]) => [`--${name}`, value],
  );
  if (server === 'bundled') {
    const child = start([...self, 'kv', '--port', '0', ...flags], undo);
    return { pid: child.pid, port: await readyPort(child, 'perfcase kv', signal) };
  }
  const port = await freePort();
  const child = start(['redis-server', '--port', String(port), '--daemonize', 'no', ...flags], undo);
  await listening(child, port, 'redis-server', signal);
  return { pid: child.pid, port };
}

async function startApp(
  { self, signal }: StageRequest,
  serverPort: number,
  undo: (() => Promise<unknown>)[],
): Promise<{ pid: number; port: number }> {
  const child = start([...self, 'app', '--port', '0', '--redis', `127.0.0.1:${serverPort}`], undo);
  return { pid: child.pid, port: await readyPort(child, 'perfcase app', signal) };
}

interface Child extends Background {
  readonly pid: number;
  readonly output: () => string;
  readonly isOver: () => boolean;
  readonly isMissing: () => boolean;
}

/** The kernel ends the child when perfcase dies, however that happens. */
function start(command: readonly string[], undo: (() => Promise<unknown>)[]): Child {
  let output = '';
  let over = false;
  let missing = false;
  const [file, ...args] = command;
  const child = startBackground(dyingWithUs({ file: file!, args, timeoutMs: 3_600_000 }), (chunk) => {
    if (output.length < 65_536) output += chunk.toString('utf8');
  });
  void child.ended.then((result) => {
    over = true;
    missing = result.missing;
  });
  undo.push(async () => {
    child.stop('SIGTERM');
    await child.ended;
  });
  return {
    ...child,
    pid: child.pid ?? 0,
    output: () => output,
    isOver: () => over,
    isMissing: () => missing,
  };
}

async function readyPort(child: Child, name: string, signal: AbortSignal): Promise<number> {
  const ready = () => /ready on \S+?:(\d+) /.exec(child.output())?.[1];
  await until(() => ready() !== undefined, child, name, signal);
  return Number(ready());
}

async function listening(child: Child, port: number, name: string, signal: AbortSignal): Promise<void> {
  await until(
    () =>
      socketsOf(child.pid).listening.some(
        ({ localAddress }) => splitAddress(localAddress).port === String(port),
      ),
    child,
    name,
    signal,
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
      const missing = child.isMissing();
      throw new UserError(
        missing
          ? `${name} is not installed; apt-get install redis-server brings it.`
          : `${name} did not start${said ? `: ${said}` : '.'}`,
        missing ? EXIT.inconclusive : EXIT.failure,
      );
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
