import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** What the suite expects of a server that somebody else started. */
const FLAGS = ['--enable-debug-command', 'yes', '--enable-protected-configs', 'yes', '--save', ''];

export interface SuiteServer {
  readonly port: number;
  readonly pid: number;
  /** What it wrote to its log: a defect of its own shows there. */
  log(): string;
  /** True once it has ended without being told to. */
  died(): boolean;
  stop(): Promise<void>;
}

/**
 * Starts `perfcase kv` on a free port with an empty folder.
 * @throws Error when it ends before it is ready
 */
export async function startServer(cli: string, extra: readonly string[]): Promise<SuiteServer> {
  const dir = await mkdtemp(path.join(tmpdir(), 'perfcase-suites-kv-'));
  const args = [cli, 'kv', '--port', '0', '--dir', dir, ...FLAGS, ...extra];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, log] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('latin1');
  });
  let over = false;
  const ended = new Promise<void>((settle) => {
    child.once('close', () => {
      over = true;
      settle();
    });
  });
  const ready = new Promise<number>((settle) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('latin1');
      const port = /ready on \S+:(\d+) /.exec(out)?.[1];
      if (port !== undefined) settle(Number(port));
    });
  });
  const port = await Promise.race([ready, ended]);
  const stop = async () => {
    if (!over) child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  if (port === undefined) {
    await stop();
    throw new Error(`perfcase kv did not start: ${log.trim()}`);
  }
  return { port, pid: child.pid!, log: () => log, died: () => over, stop };
}
