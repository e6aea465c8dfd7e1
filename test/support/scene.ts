import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createNetns, type NetworkNamespace } from '../../src/lab/netns.ts';
import { createSlowDisk, type SlowDisk } from '../../src/lab/slow-disk.ts';
import { freePort } from './free-port.ts';
import { eventually, processesWith } from './processes.ts';

const MARK = 'PERFCASE_TEST_RUN';
/** The built CLI. Another build than dist/ is tested with PERFCASE_DIST. */
export const DIST = resolve(process.env.PERFCASE_DIST ?? 'dist');
const CLI = join(DIST, 'perfcase.js');

export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Runs inside. */
  readonly netns?: NetworkNamespace | undefined;
  /** A process group of its own, so that a signal can be sent as a terminal does: to all of it. */
  readonly group?: boolean;
  readonly cwd?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child of the test, and what it printed so far. */
export class Child {
  stdout = '';
  stderr = '';
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  readonly mark = randomUUID();

  constructor(command: readonly string[], options: SpawnOptions = {}) {
    const [file, ...args] = options.netns
      ? ['nsenter', `--net=${options.netns.path}`, '--', ...command]
      : [...command];
    this.process = spawn(file!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env, [MARK]: this.mark },
      detached: options.group ?? false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.process.stdout!.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.process.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.finished = new Promise((settle) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) =>
        settle({ code, signal, stdout: this.stdout, stderr: this.stderr });
      this.process.once('error', (error) => {
        this.stderr += error.message;
        end(null, null);
      });
      this.process.once('close', end);
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get isOver(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Sends a signal, to the whole group if it has one and `group` is set. */
  kill(signal: NodeJS.Signals, group = false): Promise<Finished> {
    if (!this.isOver) process.kill(group ? -this.pid : this.pid, signal);
    return this.finished;
  }

  /** Waits until it has printed something that matches. @throws with what it printed when it ended before */
  async prints(pattern: RegExp, limitMs = 20_000): Promise<RegExpExecArray> {
    const match = () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
    await eventually(() => match() !== null || this.isOver, limitMs);
    const found = match();
    if (!found) throw new Error(`did not print ${pattern}: ${this.stdout}${this.stderr}`);
    return found;
  }

  /** What of it and of its descendants still runs. */
  family(): string[] {
    return processesWith(MARK, this.mark);
  }
}

/** A server or application that listens. */
export interface Listener {
  readonly child: Child;
  readonly pid: number;
  readonly port: number;
  /** Its data, for a server. */
  readonly dir: string;
}

export interface ServerOptions extends SpawnOptions {
  readonly dir?: string;
  readonly port?: number;
  readonly directives?: Readonly<Record<string, string>>;
}

/** Everything that a test starts and makes; `close` ends and removes it, last first. */
export class Scene {
  private readonly undo: (() => unknown)[] = [];

  async close(): Promise<void> {
    for (const step of this.undo.splice(0).reverse()) await step();
  }

  /** Something that `close` does too. */
  defer(step: () => unknown): void {
    this.undo.push(step);
  }

  spawn(command: readonly string[], options: SpawnOptions = {}): Child {
    const child = new Child(command, options);
    this.undo.push(async () => {
      if (child.isOver) return;
      // A process that a test has stopped does not hear SIGTERM.
      child.process.kill('SIGTERM');
      child.process.kill('SIGCONT');
      if (!(await eventually(() => child.isOver, 5000))) child.process.kill('SIGKILL');
      await child.finished;
    });
    return child;
  }

  /** The built CLI, to be run by Node. */
  readonly cliPath = CLI;

  perfcase(args: readonly string[], options: SpawnOptions = {}): Child {
    return this.spawn([process.execPath, CLI, ...args], options);
  }

  async folder(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'perfcase-test-'));
    this.undo.push(() => rm(dir, { recursive: true, force: true }));
    return dir;
  }

  /** An own TMPDIR for a run, and what it left there. */
  async temp(): Promise<{ env: NodeJS.ProcessEnv; left: () => Promise<string[]> }> {
    const dir = await this.folder();
    return { env: { TMPDIR: dir }, left: () => readdir(dir) };
  }

  async netns(): Promise<NetworkNamespace> {
    const netns = await createNetns({ stateDir: await this.folder() });
    this.undo.push(() => netns.destroy());
    return netns;
  }

  async slowDisk(fsyncMs = 8): Promise<SlowDisk> {
    const disk = await createSlowDisk({ fsyncMs, sizeMiB: 128, stateDir: await this.folder() });
    this.undo.push(() => disk.destroy());
    return disk;
  }

  async redis(options: ServerOptions = {}): Promise<Listener> {
    const port = options.port ?? (options.netns ? 6379 : await freePort());
    const dir = options.dir ?? (await this.folder());
    const flags = { port: String(port), bind: '127.0.0.1', save: '', dir, ...options.directives };
    const child = this.spawn(['redis-server', ...directives(flags)], options);
    await child.prints(/Ready to accept connections/);
    return { child, pid: child.pid, port, dir };
  }

  async kv(options: ServerOptions = {}): Promise<Listener> {
    const dir = options.dir ?? (await this.folder());
    const flags = { port: String(options.port ?? 0), dir, ...options.directives };
    const child = this.perfcase(['kv', ...directives(flags)], options);
    return { child, pid: child.pid, port: await readyPort(child), dir };
  }

  async app(server: Listener, options: SpawnOptions = {}): Promise<Listener> {
    const child = this.perfcase(['app', '--port', '0', '--redis', `127.0.0.1:${server.port}`], options);
    return { child, pid: child.pid, port: await readyPort(child), dir: server.dir };
  }

  /** One request, from where the application is. @throws when it fails */
  async get(app: Listener, path: string, options: SpawnOptions = {}): Promise<void> {
    const url = `http://127.0.0.1:${app.port}${path}`;
    const { code, stdout, stderr } = await this.perfcase(['load', url, '--count', '1'], options).finished;
    if (code !== 0) throw new Error(`GET ${path}: ${stdout}${stderr}`);
  }

  /** The client loop of the case, until the scene closes or the child is ended; the first answer may take long. */
  load(app: Listener, path: string, options: SpawnOptions = {}): Child {
    return this.perfcase(['load', `http://127.0.0.1:${app.port}${path}`], options);
  }

  /** redis-cli, which waits 10 s for an answer at most. @returns what it printed */
  async cli(server: Listener, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
    const command = ['timeout', '10', 'redis-cli', '-h', '127.0.0.1', '-p', String(server.port), ...args];
    return (await this.spawn(command, options).finished).stdout.trim();
  }
}

function directives(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}

async function readyPort(child: Child): Promise<number> {
  return Number((await child.prints(/ready on \S+?:(\d+) /))[1]);
}
